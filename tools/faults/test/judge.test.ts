import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ObjectForm } from '../../../lambda/contract.ts';
import { includeRunOf, judge, type ProducedRecord, runsOf } from '../judge.ts';
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

const TIME = 1_763_890_000_000;

const produced: readonly ProducedRecord[] = [0, 1, 2, 3].map((offset) => ({
  ...{ partition: 0, offset, timestamp: TIME, key: null, value: Buffer.from(`v${offset}`) },
}));

/** Another partition with holes: offsets 0, 1, 4 and 6. */
const sparse: readonly ProducedRecord[] = [0, 1, 4, 6].map((offset) => ({
  ...{ partition: 1, offset, timestamp: TIME, key: null, value: Buffer.from(`v${offset}`) },
}));

interface LineParts {
  readonly partition?: number;
  readonly timestamp?: number;
  readonly value?: string;
}

const line = (
  offset: number,
  { partition = 0, timestamp = TIME, value = `v${offset}` }: LineParts = {},
) =>
  `${JSON.stringify({ topic: 't', partition, offset, timestamp, timestamp_type: 'CREATE_TIME', key: null, key_encoding: 'null', headers: [], value, value_encoding: 'utf8', metadata: {} })}\n`;

/** Stores an object of the topic with these lines. @returns its key */
async function store(name: string, lines: readonly string[]): Promise<string> {
  const Key = `topic=t/${name}.jsonl`;
  const Body = lines.join('');
  await world.client.send(new PutObjectCommand({ Bucket: buckets.archive, Key, Body }));
  return Key;
}

/** Stores offsets of partition 0, with their produced values unless another is given. */
const storeOffsets = (name: string, offsets: readonly number[], parts: LineParts = {}) =>
  store(
    name,
    offsets.map((offset) => line(offset, parts)),
  );

const pad = (offset: number) => String(offset).padStart(20, '0');

const run = (first: number, last: number) => ({
  ...{ partition: 0, first, last, offsets: last - first + 1 },
});

/** How each format names the run of partition 0. */
const formats = [
  ['format 1', (first: number, last: number) => `t-0-${pad(first)}-${pad(last)}`],
  ['format 2', (first: number, last: number) => `p0.${first}-${last}`],
] as const;

const nothingWrong = {
  ...{ produced: 4, lost: 0, altered: 0, overwritten: 0, unexplained: 0, overlaps: 0 },
};

describe.each(formats)('the judge of a scenario with keys of %s', (_, nameOf) => {
  const verdict = (...runs: readonly ReturnType<typeof run>[]) =>
    judge(world, 't', produced, { batches: runs.map((each) => [each]), objectOf: 'batch' });

  it('finds nothing wrong if each record is stored once', async () => {
    await storeOffsets(nameOf(0, 1), [0, 1]);
    await storeOffsets(nameOf(2, 3), [2, 3]);
    expect(await verdict(run(0, 1), run(2, 3))).toEqual(nothingWrong);
  });

  it('counts lost records', async () => {
    await storeOffsets(nameOf(0, 1), [0, 1]);
    expect(await verdict(run(0, 1))).toEqual({ ...nothingWrong, lost: 2 });
  });

  it('counts records with another value, outside their run or never produced, and their objects', async () => {
    await storeOffsets(nameOf(0, 3), [0, 1, 2], { value: 'v0' });
    await storeOffsets(nameOf(3, 3), [2, 3]);
    await storeOffsets(nameOf(9, 9), [9]);
    expect(await verdict(run(0, 3), run(3, 3), run(9, 9))).toEqual({
      ...{ ...nothingWrong, altered: 7, overlaps: 1 },
    });
  });

  it('counts records with another timestamp', async () => {
    await storeOffsets(nameOf(0, 3), [0, 1, 2, 3], { timestamp: TIME + 1 });
    expect(await verdict(run(0, 3))).toEqual({ ...nothingWrong, altered: 4 });
  });

  it('counts objects with an incomplete run or with a record twice', async () => {
    await storeOffsets(nameOf(0, 3), [0, 1]);
    await storeOffsets(nameOf(2, 3), [2, 2, 3]);
    expect(await verdict(run(0, 3), run(2, 3))).toEqual({
      ...{ ...nothingWrong, altered: 2, overlaps: 1 },
    });
  });

  it('counts keys that were created twice', async () => {
    await storeOffsets(nameOf(0, 3), [0, 1, 2, 3]);
    await storeOffsets(nameOf(0, 3), [0, 1, 2, 3]);
    expect(await verdict(run(0, 3))).toEqual({ ...nothingWrong, overwritten: 1 });
  });

  it('counts objects of runs that were never invoked, and objects under an alternative name', async () => {
    await storeOffsets(nameOf(0, 3), [0, 1, 2, 3]);
    await storeOffsets(`${nameOf(0, 3)}~01234567`, [0, 1, 2, 3]);
    expect(await verdict(run(0, 3))).toEqual({ ...nothingWrong, unexplained: 1 });
    expect(await verdict()).toEqual({ ...nothingWrong, unexplained: 2 });
  });

  it('counts pairs of runs that share offsets', async () => {
    await storeOffsets(nameOf(0, 3), [0, 1, 2, 3]);
    await storeOffsets(nameOf(0, 1), [0, 1]);
    await storeOffsets(nameOf(1, 2), [1, 2]);
    expect(await verdict(run(0, 3), run(0, 1), run(1, 2))).toEqual({
      ...{ ...nothingWrong, overlaps: 3 },
    });
  });

  it('accepts one object for each of several folders, and counts them if records are missing', async () => {
    await storeOffsets(`${nameOf(0, 3)}.1of2`, [0, 3]);
    await storeOffsets(`${nameOf(0, 3)}.2of2`, [1, 2]);
    expect(await verdict(run(0, 3))).toEqual(nothingWrong);
    await storeOffsets(`${nameOf(0, 2)}.1of2`, [0]);
    await storeOffsets(`${nameOf(0, 2)}.2of2`, [2]);
    expect(await verdict(run(0, 3), run(0, 2))).toEqual({
      ...{ ...nothingWrong, altered: 1, overlaps: 1 },
    });
  });

  it('counts objects of one group that disagree on their number, or have one record twice', async () => {
    await storeOffsets(`${nameOf(0, 1)}.1of2`, [0]);
    await storeOffsets(`${nameOf(0, 1)}.2of3`, [1]);
    await storeOffsets(`${nameOf(2, 3)}.1of3`, [2, 3]);
    await storeOffsets(`${nameOf(2, 3)}.3of3`, [3]);
    expect(await verdict(run(0, 1), run(2, 3))).toEqual({ ...nothingWrong, altered: 2 });
  });

  it('accepts a group that lacks an object if another batch has its records', async () => {
    await storeOffsets(`${nameOf(0, 3)}.1of2`, [0, 1]);
    await storeOffsets(nameOf(2, 3), [2, 3]);
    expect(await verdict(run(0, 3), run(2, 3))).toEqual({ ...nothingWrong, overlaps: 1 });
  });
});

describe('the judge of batches with several partitions', () => {
  const both = [...produced, ...sparse];
  const batch = [run(0, 3), { partition: 1, first: 0, last: 6, offsets: 4 }];
  const verdict = (objectOf: ObjectForm, ...batches: readonly (typeof batch)[]) =>
    judge(world, 't', both, { batches, objectOf });
  const fine = { ...nothingWrong, produced: 8 };

  const dense = [0, 1, 2, 3].map((offset) => line(offset));
  const holed = [0, 1, 4, 6].map((offset) => line(offset, { partition: 1 }));

  it('accepts one object of all runs, if batches share objects', async () => {
    await store('p0.0-3_p1.0-6x4', [...dense, ...holed]);
    expect(await verdict('batch', batch)).toEqual(fine);
    expect(await verdict('partition', batch)).toEqual({ ...fine, unexplained: 1 });
  });

  it('accepts an object of each run, if partitions have their own', async () => {
    await store('p0.0-3', dense);
    await store('p1.0-6x4', holed);
    expect(await verdict('partition', batch)).toEqual(fine);
    expect(await verdict('batch', batch)).toEqual({ ...fine, unexplained: 2 });
  });

  it('accepts a run that has no record in one folder of its group', async () => {
    await store('dt=2026-11-23/p0.0-3_p1.0-6x4.1of2', dense);
    await store('dt=2026-11-24/p0.0-3_p1.0-6x4.2of2', holed);
    expect(await verdict('batch', batch)).toEqual(fine);
  });

  it('counts a group whose key names another number of offsets', async () => {
    await store('p0.0-3_p1.0-6', [...dense, ...holed]);
    expect(await verdict('batch', batch)).toEqual({ ...fine, altered: 1 });
  });

  it('counts an object whose partitions are out of order', async () => {
    await store('p0.0-3_p1.0-6x4', [...holed, ...dense]);
    expect(await verdict('batch', batch)).toEqual({ ...fine, altered: 1 });
  });

  it('counts a group that lacks the records of one run', async () => {
    await store('p0.0-3_p1.0-6x4', dense);
    expect(await verdict('batch', batch)).toEqual({ ...fine, altered: 1, lost: 4 });
  });

  it('counts the same run in two batches as an overlap', async () => {
    await store('p0.0-3_p1.0-6x4', [...dense, ...holed]);
    await store('p0.0-3_p1.0-1', [...dense, ...holed.slice(0, 2)]);
    const other = [run(0, 3), { partition: 1, first: 0, last: 1, offsets: 2 }];
    expect(await verdict('batch', batch, other)).toEqual({ ...fine, overlaps: 2 });
  });
});

describe('the runs of an event', () => {
  const event = JSON.stringify({
    records: {
      't-7': [0, 2, 2].map((offset) => ({ partition: 7, offset })),
      't-1': [5].map((offset) => ({ partition: 1, offset })),
      't-2': [],
    },
  });
  const runs = [
    { partition: 1, first: 5, last: 5, offsets: 1 },
    { partition: 7, first: 0, last: 2, offsets: 2 },
  ];

  it('are in the order of their partitions, with the number of distinct offsets', () => {
    expect(runsOf(event)).toEqual(runs);
  });

  it('are found among those of a key by their range', () => {
    const [one, seven] = runs as [(typeof runs)[0], (typeof runs)[0]];
    expect(includeRunOf(runs, [{ ...seven, offsets: undefined }])).toBe(true);
    expect(includeRunOf([one], [{ ...seven, offsets: undefined }])).toBe(false);
    expect(includeRunOf(runs, undefined)).toBe(false);
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
    const lines = [line(0), line(1, { value: 'x' }), line(2), line(3), line(4)];
    await store('a', lines);
    const key = await store('a', lines);
    expect(await verdict([0, 1, 2, 3, 4], key)).toEqual({ ...fine, altered: 2, overwritten: 1 });
  });

  it('counts another record of an offset as altered, and not as a duplicate', async () => {
    const key = await store('a', [line(0), line(1), line(2), line(3), line(3, { value: 'x' })]);
    expect(await verdict([0, 1, 2, 3, 3], key)).toEqual({ ...fine, altered: 1 });
  });

  it.each(formats)(
    'accepts objects of lines that are too long for a stream: %s',
    async (_, nameOf) => {
      await storeOffsets(nameOf(3, 3), [3]);
      expect(await verdict([0, 1, 2], await storeLines('a', 0, 1, 2))).toEqual(fine);
    },
  );
});
