import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Agent, request } from '../../../../lambda/io/bundled/node-http.ts';
import bundledHttps from '../../../../lambda/io/bundled/node-https.ts';
import { bundleFunction } from '../../../../lib/functions/bundle.ts';

it('export the members of the Node modules', () => {
  expect({ Agent, request }).toEqual({ Agent: http.Agent, request: http.request });
  expect(bundledHttps).toBe(https);
});

it('replace the Node modules in a bundle', () => {
  const code = readFileSync(join(bundleFunction('archive'), 'index.mjs'), 'utf8');
  expect(code).not.toMatch(/(from|import\()"node:https?"/);
});

it('are needed, because an import of the Node modules loads WebSocket', () => {
  // If this fails, the replacements can be deleted.
  const loads = (code: string) => {
    const list = `${code}; console.log(process.moduleLoadList.some((each) => /undici/.test(each)))`;
    return execFileSync(process.execPath, ['--input-type=module', '-e', list], {
      encoding: 'utf8',
      env: {},
    }).trim();
  };
  expect(loads(`import 'node:http'`)).toBe('true');
  expect(loads(`process.getBuiltinModule('node:http')`)).toBe('false');
});
