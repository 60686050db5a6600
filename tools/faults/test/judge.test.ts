import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { judge, type ProducedRecord, type Run } from '../judge.ts';
import { judgeStream, LineCounts } from '../stream-judge.ts';
import { buckets, startWorld, type World } from '../world.ts';

let folder: string;
let world: World;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'judge-'));
  const noCode = join(folder, 'no code');
  const codeFolders = { archive: noCode, 'archive-firehose': noCode, replay: noCode };
  world = await startWorld(folder, codeFolders);
});

afterEach(async () => {
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

const produced: readonly ProducedRecord[] = [0, 1, 2, 3].map((offset) => ({
  ...{ partition: 0, offset, key: null, value: Buffer.from(`v${offset}`) },
}));

const line = (offset: number, value = `v${offset}`) =>
  `${JSON.stringify({ partition: 0, offset, key: null, key_encoding: 'null', headers: [], value, value_encoding: 'utf8', metadata: {} })}\n`;

/** Stores an object of the topic with these lines. @returns its key */
async function store(name: string, lines: readonly string[]): Promise<string> {
  const Key = `topic=t/${name}.jsonl`;
  const Body = lines.join('');
  await world.client.send(new PutObjectCommand({ Bucket: buckets.archive, Key, Body }));
  return Key;
}

const pad = (offset: number) => String(offset).padStart(20, '0');

const run = (first: number, last: number): Run => ({ partition: 0, first, last });

/** Stores offsets as the object of a run, with their produced values unless another is given. */
const storeRun = (
  { first, last }: Run,
  offsets: readonly number[],
  { value, mark = '' }: { readonly value?: string; readonly mark?: string } = {},
) =>
  store(
    `t-0-${pad(first)}-${pad(last)}${mark}`,
    offsets.map((offset) => line(offset, value)),
  );

const nothingWrong = {
  ...{ produced: 4, lost: 0, altered: 0, overwritten: 0, unexplained: 0, overlaps: 0 },
};

describe('the judge of a scenario', () => {
  const verdict = (...invoked: readonly Run[]) => judge(world, 't', produced, invoked);

  it('finds nothing wrong if each record is stored once', async () => {
    await storeRun(run(0, 1), [0, 1]);
    await storeRun(run(2, 3), [2, 3]);
    expect(await verdict(run(0, 1), run(2, 3))).toEqual(nothingWrong);
  });

  it('counts lost records', async () => {
    await storeRun(run(0, 1), [0, 1]);
    expect(await verdict(run(0, 1))).toEqual({ ...nothingWrong, lost: 2 });
  });

  it('counts records with another value, outside their run or never produced, and their objects', async () => {
    await storeRun(run(0, 3), [0, 1, 2], { value: 'v0' });
    await storeRun(run(3, 3), [2, 3]);
    await storeRun(run(9, 9), [9]);
    expect(await verdict(run(0, 3), run(3, 3), run(9, 9))).toEqual({
      ...{ ...nothingWrong, altered: 7, overlaps: 1 },
    });
  });

  it('counts objects with an incomplete run or with a record twice', async () => {
    await storeRun(run(0, 3), [0, 1]);
    await storeRun(run(2, 3), [2, 2, 3]);
    expect(await verdict(run(0, 3), run(2, 3))).toEqual({
      ...{ ...nothingWrong, altered: 2, overlaps: 1 },
    });
  });

  it('counts keys that were created twice', async () => {
    await storeRun(run(0, 3), [0, 1, 2, 3]);
    await storeRun(run(0, 3), [0, 1, 2, 3]);
    expect(await verdict(run(0, 3))).toEqual({ ...nothingWrong, overwritten: 1 });
  });

  it('counts objects of runs that were never invoked, and objects under an alternative name', async () => {
    await storeRun(run(0, 3), [0, 1, 2, 3]);
    await storeRun(run(0, 3), [0, 1, 2, 3], { mark: '~01234567' });
    expect(await verdict(run(0, 3))).toEqual({ ...nothingWrong, unexplained: 1 });
    expect(await verdict()).toEqual({ ...nothingWrong, unexplained: 2 });
  });

  it('counts pairs of runs that share offsets', async () => {
    await storeRun(run(0, 3), [0, 1, 2, 3]);
    await storeRun(run(0, 1), [0, 1]);
    await storeRun(run(1, 2), [1, 2]);
    expect(await verdict(run(0, 3), run(0, 1), run(1, 2))).toEqual({
      ...{ ...nothingWrong, overlaps: 3 },
    });
  });
});

describe('the judge of a stream', () => {
  const fine = { ...nothingWrong, duplicates: 0, miscounted: 0 };

  /** The verdict on these accepted offsets and acknowledged keys. */
  const verdict = (accepted: readonly number[], ...keys: readonly string[]) => {
    const taken = new LineCounts();
    taken.add(Buffer.from(accepted.map((offset) => line(offset)).join('')));
    return judgeStream(world, 't', produced, { keys, taken });
  };

  const storeLines = (name: string, ...offsets: readonly number[]) =>
    store(
      name,
      offsets.map((offset) => line(offset)),
    );

  it('finds nothing wrong if each line is stored once', async () => {
    const keys = [await storeLines('a', 0, 2), await storeLines('b', 1, 3)];
    expect(await verdict([0, 1, 2, 3], ...keys)).toEqual(fine);
  });

  it('counts lines that were accepted twice as duplicates', async () => {
    const keys = [await storeLines('a', 0, 1, 2, 3), await storeLines('b', 1, 2)];
    expect(await verdict([0, 1, 2, 3, 1, 2], ...keys)).toEqual({ ...fine, duplicates: 2 });
  });

  it('counts objects whose acknowledgement was lost as duplicates', async () => {
    await storeLines('a', 0, 1, 2, 3);
    const key = await storeLines('b', 0, 1, 2, 3);
    expect(await verdict([0, 1, 2, 3], key)).toEqual({ ...fine, duplicates: 4 });
  });

  it('counts accepted lines that are in no object', async () => {
    const key = await storeLines('a', 0, 3);
    expect(await verdict([0, 1, 2, 3], key)).toEqual({ ...fine, lost: 2, miscounted: 2 });
  });

  it('counts lines that are stored more often than they were accepted', async () => {
    const key = await storeLines('a', 0, 1, 2, 2, 3);
    expect(await verdict([0, 1, 2, 3], key)).toEqual({ ...fine, duplicates: 1, miscounted: 1 });
  });

  it('counts altered and foreign lines, and keys that were created twice', async () => {
    const lines = [line(0), line(1, 'x'), line(2), line(3), line(4)];
    await store('a', lines);
    const key = await store('a', lines);
    expect(await verdict([0, 1, 2, 3, 4], key)).toEqual({ ...fine, altered: 2, overwritten: 1 });
  });

  it('accepts objects of lines that are too long for a stream', async () => {
    await storeRun(run(3, 3), [3]);
    expect(await verdict([0, 1, 2], await storeLines('a', 0, 1, 2))).toEqual(fine);
  });
});
