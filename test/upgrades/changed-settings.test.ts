import { describe, expect, it } from 'vitest';
import { parseObjectKey } from '../../lambda/core/object/parse-object-key.ts';
import { createObjectDelivery } from '../../lambda/object-delivery.ts';
import { createReplayHandler } from '../../lambda/replay-handler.ts';
import {
  type AllArchiveSettings,
  archiveHandler,
  archiveParts,
  invocation,
} from '../helpers/archive-parts.ts';
import { mskEvent, mskRecord, mskRecords } from '../helpers/kafka-events.ts';
import { replayMessage, replayParts } from '../helpers/replay-parts.ts';
import { incompleteGroups, recordsIn, takeStock } from './archived-lines.ts';
import { frozen, frozenEvent } from './format-1.ts';

const folder = 'shop/topic=orders/dt=2025-11-23/hour=10';
const event = mskEvent([
  ...mskRecords(100, 3),
  mskRecord({ offset: 103, value: 'text' }),
  mskRecord({ offset: 104, value: '{\n}' }),
  ...mskRecords(7, 2, { partition: 10 }),
]);
const everyRecordTwice = { records: 7, duplicates: 7, conflicts: 0 };

/** Tries the batch, changes settings, and tries it again. */
async function tryTwice(change: Partial<AllArchiveSettings>) {
  const { deps, store, telemetry } = archiveParts();
  await archiveHandler(deps)(event, invocation);
  const settings = { ...deps.settings, ...change };
  await archiveHandler({ ...deps, settings })(event, invocation);
  const conflicts = telemetry.stored.filter(({ keyConflict }) => keyConflict);
  return { keys: [...store.objects.keys()], conflicts, objects: store.objects };
}

describe('settings that change between two tries of a batch', () => {
  const first = `${folder}/p3.100-104_p10.7-8.jsonl.gz`;

  it.each<[Partial<AllArchiveSettings>, ...string[]]>([
    [{ objectOf: 'partition' }, `${folder}/p3.100-104.jsonl.gz`, `${folder}/p10.7-8.jsonl.gz`],
    [{ compression: 'zstd', level: 3 }, `${folder}/p3.100-104_p10.7-8.jsonl.zst`],
    [{ compression: 'none' }, `${folder}/p3.100-104_p10.7-8.jsonl`],
    [{ timeFolder: 'day' }, 'shop/topic=orders/dt=2025-11-23/p3.100-104_p10.7-8.jsonl.gz'],
    [{ timeFolder: 'none' }, 'shop/topic=orders/p3.100-104_p10.7-8.jsonl.gz'],
  ])('leave the objects of both, whose lines are duplicates: %o', async (change, ...second) => {
    const { conflicts, keys, objects } = await tryTwice(change);
    expect(keys).toEqual([first, ...second]);
    expect(conflicts).toEqual([]);
    expect(takeStock(recordsIn(objects))).toEqual(everyRecordTwice);
  });

  it.each<Partial<AllArchiveSettings>>([
    { metadata: { env: 'prod' } },
    { valueEncoding: { '*': 'base64' } },
    { valueEncoding: { orders: 'text' } },
    { keyEncoding: { orders: 'base64' } },
  ])('that only change lines make a marked key, and no conflict of records: %o', async (change) => {
    const { conflicts, keys, objects } = await tryTwice(change);
    expect(keys).toEqual([
      first,
      expect.stringMatching(/hour=10\/p3\.100-104_p10\.7-8~[0-9a-f]{8}\.jsonl\.gz$/),
    ]);
    expect(conflicts.map(({ key }) => key)).toEqual([keys[1]]);
    expect(parseObjectKey(keys[1] ?? '')?.runs).toEqual(parseObjectKey(first)?.runs);
    expect(takeStock(recordsIn(objects))).toEqual(everyRecordTwice);
  });

  it('that change nothing find the batch stored', async () => {
    const { keys, objects } = await tryTwice({ level: 1 });
    expect(keys).toEqual([first]);
    expect(takeStock(recordsIn(objects))).toEqual({ records: 7, duplicates: 0, conflicts: 0 });
  });
});

describe('settings that change between a failure and the replay', () => {
  const group = 'shop/topic=orders/p3.100-115x14_p10.7-8.jsonl.gz';
  const stored = `${folder}/p3.100-115x14_p10.7-8.2of3.jsonl.gz`;

  /** Stores one of three objects of a batch, changes settings, and replays the batch. */
  async function replayAfter(change: Partial<AllArchiveSettings>) {
    const { archiveDeps, deps, failedBatches, store } = replayParts();
    store.fail = (key) => key !== stored;
    await expect(archiveHandler(archiveDeps)(frozenEvent, invocation)).rejects.toThrow('2 of 3');
    store.fail = () => false;
    failedBatches.entries.set('batch', frozen('failed-batch.json'));
    const settings = { ...archiveDeps.settings, ...change };
    const delivery = createObjectDelivery({ ...archiveDeps, settings });
    await createReplayHandler({ ...deps, delivery })(
      { Records: [replayMessage('batch')] },
      invocation,
    );
    const { objects } = store;
    return { keys: [...objects.keys()], mark: failedBatches.marks.get('batch'), objects };
  }

  it.each<[Partial<AllArchiveSettings>, number]>([
    [{ objectOf: 'partition' }, 4],
    [{ compression: 'zstd', level: 3 }, 3],
    [{ timeFolder: 'day' }, 2],
    [{ timeFolder: 'none' }, 1],
  ])('leave a group incomplete, whose lines are duplicates: %o', async (change, replayed) => {
    const { keys, mark, objects } = await replayAfter(change);
    expect(mark?.objects).toBe(replayed);
    expect(keys).toHaveLength(1 + replayed);
    expect(incompleteGroups(keys)).toEqual([group]);
    expect(takeStock(recordsIn(objects))).toEqual({ records: 16, duplicates: 14, conflicts: 0 });
  });

  it('that change nothing have the replay complete the group', async () => {
    const { keys, mark, objects } = await replayAfter({});
    expect(mark?.objects).toBe(3);
    expect(incompleteGroups(keys)).toEqual([]);
    expect(takeStock(recordsIn(objects))).toEqual({ records: 16, duplicates: 0, conflicts: 0 });
  });
});
