import { Buffer } from 'node:buffer';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { type ArchivedObject, readBack, readObjects } from '../../demo/read-back.ts';
import { bucket, startServer } from '../s3-server/running-server.ts';

/** A key that cannot be a file, and the file in its place. */
const LONG_KEY = `c/${'p'.repeat(256)}`;
const HASHED_FILE =
  '.keys-by-hash/7ee2175a96ab29b9441da5d31ed0a7b194a3ac34cd5333b9018e8c0c5009a3f4';

describe('objects', () => {
  it('are read page by page, ordered by key, and decompressed by their extension', async () => {
    const { client } = await startServer();
    const replayed = 'c.jsonl.zst';
    const bodies: [Key: string, Body: Buffer][] = [
      ['b.jsonl', Buffer.from('{"a":"ö"}\n')],
      ['a.jsonl.gz', gzipSync('1\n2\n')],
      ['c.jsonl.zst', zstdCompressSync('3\n4\n5\n')],
      ['d.jsonl', Buffer.from('')],
      ['e/f.jsonl', Buffer.from('6\n')],
    ];
    for (const [Key, Body] of bodies) {
      const Metadata: Record<string, string> =
        Key === replayed ? { 'failed-batch': 'aws/lambda/x' } : { topic: 'x' };
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body, Metadata }));
    }
    client.middlewareStack.add(
      (next) => (call) => next({ ...call, input: { ...call.input, MaxKeys: 2 } }),
      { step: 'initialize' },
    );
    const objects: ArchivedObject[] = [];
    for await (const object of readObjects(client, bucket)) objects.push(object);
    const sizes = Object.fromEntries(bodies.map(([key, { length }]) => [key, length]));
    const read = [
      { key: 'a.jsonl.gz', bytes: sizes['a.jsonl.gz'], lines: ['1', '2'] },
      { key: 'b.jsonl', bytes: sizes['b.jsonl'], lines: ['{"a":"ö"}'] },
      { key: 'c.jsonl.zst', bytes: sizes['c.jsonl.zst'], lines: ['3', '4', '5'] },
      { key: 'd.jsonl', bytes: 0, lines: [] },
      { key: 'e/f.jsonl', bytes: 2, lines: ['6'] },
    ];
    expect(objects).toEqual(read.map((each) => ({ ...each, isReplayed: each.key === replayed })));
  });

  it('are read into a ledger, and totalled with the share of replays', async () => {
    const { client } = await startServer();
    const line = (offset: number) =>
      `{"topic":"t","partition":0,"offset":${offset},"timestamp":1,"timestamp_type":"CREATE_TIME","key":null,"key_encoding":"null","headers":[],"value":"x","value_encoding":"utf8","metadata":{"source":"x"}}\n`;
    for (const [Key, first, Metadata] of [
      ['a.jsonl', 0, { topic: 't' }],
      ['b.jsonl', 2, { 'failed-batch': 'aws/lambda/x' }],
      [LONG_KEY, 4, { topic: 't' }],
    ] as const) {
      const Body = line(first) + line(first + 1);
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body, Metadata }));
    }
    const offsets: number[] = [];
    const told: number[] = [];
    const read = await readBack(
      { client, bucket },
      { readBack: ({ offset }) => offsets.push(offset) },
      ({ records }) => told.push(records),
    );
    expect(offsets).toEqual([0, 1, 2, 3, 4, 5]);
    expect(told).toEqual([2, 4, 6]);
    const prefixed = { client, bucket, prefix: 'b' };
    const other = await readBack(prefixed, { readBack: () => undefined }, () => undefined);
    expect(other).toMatchObject({ objects: 1, lastFile: 'b.jsonl', hashedObjects: 0 });
    const { length } = line(0);
    expect(read).toEqual({
      ...{ objects: 3, records: 6, bytesStored: 6 * length },
      ...{ replayedObjects: 1, replayedRecords: 2 },
      ...{ hashedObjects: 1, lastFile: HASHED_FILE, lastLine: line(5).trimEnd() },
    });
  });
});
