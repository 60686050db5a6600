import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { METRIC_NAMESPACE } from '../../lambda/contract.ts';
import { toEventJson } from '../../lambda/core/record/mapping-event.ts';
import { functionFolder } from '../../lib/functions/function-folder.ts';
import { readObjects } from '../../tools/local/demo/read-back.ts';
import { EmulatedFunction } from '../../tools/local/lambda/function.ts';
import { archiveFunction } from '../../tools/local/lambda/local-functions.ts';
import { openLog } from '../../tools/local/log-file.ts';
import { s3ClientOf } from '../../tools/local/s3-client.ts';
import { startS3Server } from '../../tools/local/s3-server/server.ts';
import { batchRecord, origin } from '../../tools/local/test/source-records.ts';
import { eventually } from '../helpers/eventually.ts';

const folder = mkdtempSync(join(tmpdir(), 'enriched-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A module of a user's own, in TypeScript, with an import of its own. */
function enrichModule(code: string): string {
  const path = join(folder, 'enrich.ts');
  writeFileSync(join(folder, 'tenant.ts'), "export const tenant: string = 'shop';");
  writeFileSync(path, code);
  return path;
}

it('archives with what the enrich of an app adds', { timeout: 60_000 }, async () => {
  const path = enrichModule(
    "import { tenant } from './tenant.ts'; export const enrich = ({ offset }: { offset: number }) => ({ tenant, odd: offset % 2 === 1 });",
  );
  const s3 = await startS3Server({ root: join(folder, 's3'), buckets: ['archive'] });
  const archive = new EmulatedFunction(
    archiveFunction({
      ...{ s3, archiveBucket: 'archive', serviceName: 'test', objectPrefix: 'shop/' },
      ...{ timeFolder: 'hour', compression: 'none', reportBatchItemFailures: false },
      codeFolder: functionFolder('archive', path),
      log: openLog(join(folder, 'function.log'), 'a'),
    }),
    1,
  );
  try {
    const outcome = await archive.invoke(toEventJson([batchRecord({ offset: 7 })], origin));
    expect(outcome.kind).toBe('returned');
    const lines: string[] = [];
    for await (const object of readObjects(s3ClientOf(s3), 'archive')) lines.push(...object.lines);
    expect(lines.map((line) => JSON.parse(line).metadata)).toEqual([
      expect.objectContaining({ tenant: 'shop', odd: true }),
    ]);
    await eventually(() => {
      const log = readFileSync(join(folder, 'function.log'), 'utf8');
      expect(log).toContain(`"Namespace":"${METRIC_NAMESPACE}"`);
    });
  } finally {
    await archive.close();
    await s3.close();
  }
});

it('logs the stack trace of a defect with places in the sources', { timeout: 60_000 }, async () => {
  const path = enrichModule(
    `const { now } = Date;
    let isBroken = false;
    Date.now = () => {
      if (!isBroken) return now();
      isBroken = false;
      throw new RangeError('secret');
    };
    export function enrich() {
      isBroken = true;
      return {};
    }`,
  );
  const s3 = await startS3Server({ root: join(folder, 'unused'), buckets: ['archive'] });
  const log = join(folder, 'defect.log');
  const archive = new EmulatedFunction(
    archiveFunction({
      ...{ s3, archiveBucket: 'archive', serviceName: 'test', objectPrefix: 'shop/' },
      ...{ timeFolder: 'hour', compression: 'none', reportBatchItemFailures: false },
      codeFolder: functionFolder('archive', path),
      log: openLog(log, 'a'),
    }),
    1,
  );
  try {
    const outcome = await archive.invoke(toEventJson([batchRecord({ offset: 7 })], origin));
    expect(outcome).toEqual({ kind: 'failed', errorType: 'ArchiverError' });
    await eventually(() => {
      const line = readFileSync(log, 'utf8')
        .split('\n')
        .find((each) => each.includes('"stack"'));
      const { stack } = JSON.parse(line ?? '{}');
      expect(stack).toMatch(/^ArchiverError: unexpected RangeError\n +at /);
      expect(stack).toMatch(/\(lambda\/object-delivery\.ts:\d+:\d+\)/);
    });
  } finally {
    await archive.close();
    await s3.close();
  }
});

it('refuses a module that exports no enrich', () => {
  const path = enrichModule('export const enrichment = () => ({});');
  expect(() => functionFolder('archive', path)).toThrow(
    `enrich must be the path of a module that exports 'enrich', got ${path}, which exports enrichment`,
  );
});
