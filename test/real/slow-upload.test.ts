import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundleFunction } from '../../lib/functions/bundle.ts';
import { compareSlowUpload, type SlowUploadResults } from '../../tools/faults/slow-upload.ts';

let folder: string;
let results: SlowUploadResults;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slow-upload-'));
  results = await compareSlowUpload({
    pollInterval: 6,
    upload: 15,
    out: folder,
    codeFolder: bundleFunction('archive', join(folder, 'code')),
    print: console.log,
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('evicts a consumer that uploads in its poll loop, which reads the same again', () => {
  expect(results.naive).toMatchObject({ evictions: 1, readTwice: 100, committed: 200 });
  expect(results.naive.slowest).toBeGreaterThanOrEqual(15);
});

it('does not disturb the emulator: no rebalance, no record read twice, each stored once', () => {
  expect(results.emulator).toMatchObject({
    evictions: 0,
    readTwice: 0,
    committed: 200,
    stored: 200,
  });
  expect(results.emulator.slowest).toBeGreaterThanOrEqual(15);
});
