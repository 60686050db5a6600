import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProducedRecord } from '../judge.ts';
import { judgeStream, LineCounts } from '../stream-judge.ts';
import { buckets, startWorld, type World } from '../world.ts';

let folder: string;
let world: World;
let taken: LineCounts;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'judge-'));
  const noCode = join(folder, 'no code');
  const codeFolders = { archive: noCode, 'archive-firehose': noCode, replay: noCode };
  world = await startWorld(folder, codeFolders);
  taken = new LineCounts();
});

afterEach(async () => {
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

const produced: readonly ProducedRecord[] = [0, 1, 2].map((offset) => ({
  ...{ partition: 0, offset, key: null, value: Buffer.from(`v${offset}`) },
}));

const line = (offset: number, value = `v${offset}`) =>
  `${JSON.stringify({ partition: 0, offset, key: null, key_encoding: 'null', headers: [], value, value_encoding: 'utf8', metadata: {} })}\n`;

/** Has an object of the topic with these lines. @returns its key */
async function store(name: string, ...lines: readonly string[]): Promise<string> {
  const Key = `topic=t/${name}.jsonl`;
  const Body = lines.join('');
  await world.client.send(new PutObjectCommand({ Bucket: buckets.archive, Key, Body }));
  return Key;
}

const take = (...lines: readonly string[]) => taken.add(Buffer.from(lines.join('')));

const judge = (...keys: readonly string[]) => judgeStream(world, 't', produced, { keys, taken });

const all = {
  ...{ produced: 3, lost: 0, altered: 0, overwritten: 0, unexplained: 0, overlaps: 0 },
  ...{ duplicates: 0, miscounted: 0 },
};

describe('the judge of a stream', () => {
  it('finds nothing where each line is there once', async () => {
    take(line(0), line(1), line(2));
    expect(await judge(await store('a', line(0), line(2)), await store('b', line(1)))).toEqual(all);
  });

  it('counts as duplicates what was taken twice', async () => {
    take(line(0), line(1), line(2), line(1), line(2));
    const keys = [await store('a', line(0), line(1), line(2)), await store('b', line(1), line(2))];
    expect(await judge(...keys)).toEqual({ ...all, duplicates: 2 });
  });

  it('counts as duplicates objects whose answer was lost', async () => {
    take(line(0), line(1), line(2));
    await store('a', line(0), line(1), line(2));
    const key = await store('b', line(0), line(1), line(2));
    expect(await judge(key)).toEqual({ ...all, duplicates: 3 });
  });

  it('counts what is in no object, though the stream took it', async () => {
    take(line(0), line(1), line(2));
    expect(await judge(await store('a', line(0)))).toEqual({ ...all, lost: 2, miscounted: 2 });
  });

  it('counts what is there more often than it was taken', async () => {
    take(line(0), line(1), line(2));
    const key = await store('a', line(0), line(1), line(2), line(2));
    expect(await judge(key)).toEqual({ ...all, duplicates: 1, miscounted: 1 });
  });

  it('counts lines with another value or never produced, and keys that were created twice', async () => {
    take(line(0), line(1), line(2), line(3));
    const lines = [line(0), line(1, 'x'), line(2), line(3)];
    await store('a', ...lines);
    expect(await judge(await store('a', ...lines))).toEqual({ ...all, altered: 2, overwritten: 1 });
  });

  it('knows objects of lines too long for a stream, which did not take them', async () => {
    take(line(0), line(1));
    const zeros = '0'.repeat(19);
    await store(`t-0-${zeros}2-${zeros}2`, line(2));
    expect(await judge(await store('a', line(0), line(1)))).toEqual(all);
  });
});
