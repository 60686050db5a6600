import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { judge, type ProducedRecord, type Run } from '../judge.ts';
import { buckets, startWorld, type World } from '../world.ts';

let folder: string;
let world: World;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'judge-'));
  const noCode = join(folder, 'no code');
  world = await startWorld(folder, {
    ...{ archive: noCode, 'archive-firehose': noCode, replay: noCode },
  });
});

afterEach(async () => {
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

const produced: readonly ProducedRecord[] = [0, 1, 2, 3].map((offset) => ({
  partition: 0,
  offset,
  key: null,
  value: Buffer.from(`v${offset}`),
}));

const line = (offset: number, value = `v${offset}`) =>
  `${JSON.stringify({ partition: 0, offset, key: null, key_encoding: 'null', headers: [], value, value_encoding: 'utf8', metadata: {} })}\n`;

const pad = (offset: number) => String(offset).padStart(20, '0');

const run = (first: number, last: number): Run => ({ partition: 0, first, last });

/** Stores offsets as the object of a run; their values as produced, unless given. */
async function store(
  name: Run,
  offsets: readonly number[],
  value?: string,
  mark = '',
): Promise<void> {
  const key = `topic=t/t-0-${pad(name.first)}-${pad(name.last)}${mark}.jsonl`;
  const body = offsets.map((offset) => line(offset, value)).join('');
  await world.client.send(new PutObjectCommand({ Bucket: buckets.archive, Key: key, Body: body }));
}

const all = { produced: 4, lost: 0, altered: 0, overwritten: 0, unexplained: 0, overlaps: 0 };

describe('the judge of a scenario', () => {
  it('finds nothing where each record is stored once', async () => {
    await store(run(0, 1), [0, 1]);
    await store(run(2, 3), [2, 3]);
    expect(await judge(world, 't', produced, [run(0, 1), run(2, 3)])).toEqual(all);
  });

  it('counts what is in no object', async () => {
    await store(run(0, 1), [0, 1]);
    expect(await judge(world, 't', produced, [run(0, 1)])).toEqual({ ...all, lost: 2 });
  });

  it('counts a record with another value, outside of its run or never produced, and its object', async () => {
    await store(run(0, 3), [0, 1, 2], 'v0');
    await store(run(3, 3), [2, 3]);
    await store(run(9, 9), [9]);
    const invoked = [run(0, 3), run(3, 3), run(9, 9)];
    expect(await judge(world, 't', produced, invoked)).toEqual({ ...all, altered: 7, overlaps: 1 });
  });

  it('counts an object that has not all of its run, or a record twice', async () => {
    await store(run(0, 3), [0, 1]);
    await store(run(2, 3), [2, 2, 3]);
    const invoked = [run(0, 3), run(2, 3)];
    expect(await judge(world, 't', produced, invoked)).toEqual({ ...all, altered: 2, overlaps: 1 });
  });

  it('counts a key that was created twice', async () => {
    await store(run(0, 3), [0, 1, 2, 3]);
    await store(run(0, 3), [0, 1, 2, 3]);
    expect(await judge(world, 't', produced, [run(0, 3)])).toEqual({ ...all, overwritten: 1 });
  });

  it('counts an object of a run that was never invoked, and one under a second name', async () => {
    await store(run(0, 3), [0, 1, 2, 3]);
    await store(run(0, 3), [0, 1, 2, 3], undefined, '~01234567');
    expect(await judge(world, 't', produced, [run(0, 3)])).toEqual({ ...all, unexplained: 1 });
    expect(await judge(world, 't', produced, [])).toEqual({ ...all, unexplained: 2 });
  });

  it('counts pairs of runs that share offsets', async () => {
    await store(run(0, 3), [0, 1, 2, 3]);
    await store(run(0, 1), [0, 1]);
    await store(run(1, 2), [1, 2]);
    const invoked = [run(0, 3), run(0, 1), run(1, 2)];
    expect(await judge(world, 't', produced, invoked)).toEqual({ ...all, overlaps: 3 });
  });
});
