import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timeFolders } from '../../../../lambda/contract.ts';
import { folderOf, periodOf } from '../../../../lambda/core/object/object-key.ts';
import { streamPrefixes } from '../../../../lib/storage/stream-prefix.ts';
import {
  deAggregate,
  linesOf,
  partitionKeysOf,
  withDelimiter,
} from '../../firehose-server/folders.ts';
import { fillPartitionKeys } from '../../firehose-server/prefix.ts';

it('packed lines are de-aggregated into the same lines', () => {
  fc.assert(
    fc.property(fc.array(fc.string().filter((line) => !line.includes('\n'))), (lines) => {
      const packed = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      expect(Buffer.concat(deAggregate(packed).map(withDelimiter))).toEqual(packed);
      expect(linesOf(packed)).toBe(lines.length);
    }),
  );
});

describe('the partition keys of a line', () => {
  const timestamps = [
    ...[1_763_895_200_000, 1_795_426_000_999, null, -1, 0, 946_684_799_999],
    ...[946_684_800_000, 253_402_300_799_999, 253_402_300_800_000],
  ];

  it.each(timeFolders)('by %s lead to the folder in which the functions store it', (timeFolder) => {
    const { prefix } = streamPrefixes({ objectPrefix: '', timeFolder, topics: ['a-b.c', 'd'] });
    const folders = timestamps.map((timestamp) => {
      const line = { topic: 'a-b.c', timestamp, value: { topic: 'x', timestamp: 1 } };
      const keys = partitionKeysOf(Buffer.from(JSON.stringify(line)));
      return fillPartitionKeys(prefix, keys ?? {});
    });
    expect(folders).toEqual(
      timestamps.map((each) => `topic=a-b.c/${folderOf(periodOf(each, timeFolder), timeFolder)}`),
    );
  });

  it.each(['', 'no JSON', 'null', '[]', '"x"', '{}', '{"topic":1}', '{"topic":""}'])(
    'are undefined for %j',
    (line) => {
      expect(partitionKeysOf(Buffer.from(line))).toBeUndefined();
    },
  );
});
