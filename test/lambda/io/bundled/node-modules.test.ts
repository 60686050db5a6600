import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import { inspect, isDeepStrictEqual, promisify } from 'node:util';
import { expect, it } from 'vitest';
import { Agent, request } from '../../../../lambda/io/bundled/node-http.ts';
import bundledHttps from '../../../../lambda/io/bundled/node-https.ts';
import * as bundledProcess from '../../../../lambda/io/bundled/node-process.ts';
import * as bundledUtil from '../../../../lambda/io/bundled/node-util.ts';
import { bundleFunction } from '../../../../lib/functions/bundle.ts';

it('export the members of the Node modules', () => {
  expect({ Agent, request }).toEqual({ Agent: http.Agent, request: http.request });
  expect(bundledHttps).toBe(https);
  expect(bundledProcess.env).toBe(process.env);
  expect(bundledProcess.versions).toBe(process.versions);
  expect({ ...bundledUtil }).toEqual({ inspect, isDeepStrictEqual, promisify });
});

it('replace the Node modules in a bundle', () => {
  const code = readFileSync(join(bundleFunction('archive'), 'index.mjs'), 'utf8');
  expect(code).not.toMatch(/(from|import\()"node:(https?|process|util)"/);
});

it.each([
  { module: 'node:http', loaded: 'internal/deps/undici/undici' },
  { module: 'node:process', loaded: 'internal/process/report' },
  { module: 'node:util', loaded: 'internal/util/parse_args/parse_args' },
])('are needed, because an import of $module loads $loaded', ({ module, loaded }) => {
  // If this fails, the replacement can be deleted.
  const loads = (code: string) => {
    const list = `${code}; console.log(process.moduleLoadList.includes('NativeModule ${loaded}'))`;
    return execFileSync(process.execPath, ['--input-type=module', '-e', list], {
      encoding: 'utf8',
      env: {},
    }).trim();
  };
  expect(loads(`import '${module}'`)).toBe('true');
  expect(loads(`process.getBuiltinModule('${module}')`)).toBe('false');
});
