import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { bundleTrialFunction } from '../bundle.ts';

it('runs from its bundle alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  try {
    const bundle = pathToFileURL(join(bundleTrialFunction(folder), 'index.mjs'));
    const code = `const { handler } = await import('${bundle}');
      await handler({ topic: 'orders', records: 1 }).catch(({ message }) => console.log(message));`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type', 'module', '--eval', code],
      {
        cwd: folder,
        env: {
          BOOTSTRAP_SERVERS: 'localhost:1',
          AWS_REGION: 'eu-west-1',
          AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
          AWS_SECRET_ACCESS_KEY: 'secret',
          AWS_SESSION_TOKEN: 'token',
        },
      },
    );
    // The bundled client tried to reach a broker.
    expect(stdout).toMatch(
      /^cannot produce to topic 'orders' after 0 records: .*ECONNREFUSED.*\n$/,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
