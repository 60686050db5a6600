import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundleFunction } from '../../lib/functions/bundle.ts';
import { compareSlowUpload, type SlowUploadResults } from '../../tools/faults/slow-upload.ts';
import { STALL_MS } from '../../tools/faults/world.ts';

const UPLOAD = 25;

let folder: string;
let results: SlowUploadResults;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slow-upload-'));
  results = await compareSlowUpload({
    // Also the mapping's session timeout: longer than a busy machine delays a heartbeat.
    pollInterval: 12,
    upload: UPLOAD,
    out: folder,
    codeFolder: bundleFunction('archive', join(folder, 'code')),
    print: console.log,
  });
}, 2 * STALL_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('gets a consumer that uploads in its poll loop evicted, and its records read twice', () => {
  const { committed, evictions, readTwice, slowest } = results.naive;
  expect({ committed, readTwice }).toEqual({ committed: 200, readTwice: 100 });
  expect(evictions).toBeGreaterThanOrEqual(1);
  // Rounded to a tenth of a second by the consumer.
  expect(Math.round(slowest)).toBeGreaterThanOrEqual(UPLOAD);
});

it('does not disturb the event source mapping: no rebalance, no record read twice', () => {
  expect(results.mapping).toMatchObject({
    ...{ evictions: 0, readTwice: 0, committed: 200, stored: 200 },
  });
  expect(Math.round(results.mapping.slowest)).toBeGreaterThanOrEqual(UPLOAD);
});
