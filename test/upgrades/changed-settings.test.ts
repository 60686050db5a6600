import { describe, expect, it } from 'vitest';
import { parseObjectKey } from '../../lambda/core/object/parse-object-key.ts';
import {
  type AllArchiveSettings,
  archiveHandler,
  archiveParts,
  invocation,
} from '../helpers/archive-parts.ts';
import { mskEvent, mskRecord, mskRecords } from '../helpers/kafka-events.ts';
import { recordsIn, takeStock } from './archived-lines.ts';

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
