import { expect, it } from 'vitest';
import { errorFolder, streamObjectName } from '../../firehose-server/object-name.ts';

const time = Date.UTC(2026, 10, 23, 9, 15, 0, 999);

it('an object is named by stream, version, time, id and extension', () => {
  const name = { stream: 'archive', time, id: '0f1e2d3c', extension: '.jsonl.gz' };
  expect(streamObjectName(name)).toBe('archive-1-2026-11-23-09-15-00-0f1e2d3c.jsonl.gz');
});

it('an error lies by type and day', () => {
  expect(errorFolder(time)).toBe('processing-failed/dt=2026-11-23/');
});
