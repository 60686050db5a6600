import { hash } from 'node:crypto';
import { objectMetadataNames as names } from '../../lambda/contract.ts';
import type { PlanSettings } from '../../lambda/core/object/archive-plan.ts';
import { parseObjectKey } from '../../lambda/core/object/parse-object-key.ts';
import { decodeLine } from '../../lambda/core/record/decode-line.ts';
import type { BatchRecord } from '../../lambda/core/record/mapping-event.ts';
import { type Bucket, shortKey } from './bucket.ts';
import type { Delivery } from './consumer-group.ts';
import type { Invocation } from './lambda-service.ts';
import { offsetOf, runsOf, type TopicLog } from './topic.ts';

/** What the archive is held against. */
export interface Produced {
  /** Every topic of the name, the last one being there still. */
  readonly logs: readonly TopicLog[];
  /** Offsets before which the records of each topic must be in the archive, by epoch and partition. */
  readonly due: readonly (readonly number[])[];
  /** The invocations that began. */
  readonly invoked: readonly Pick<Invocation, 'log' | 'attempt'>[];
  /** The deliveries that came to their end in one piece: neither dropped by their pollers nor bisected. */
  readonly finished: readonly Pick<Delivery, 'assignment' | 'batch' | 'sent'>[];
  readonly settings: ObjectSettings;
}

/** The settings that decide, with a batch, about its objects. */
export type ObjectSettings = Pick<PlanSettings, 'objectOf' | 'objectPrefix'>;

/** An object that the design allows: made of a batch that was invoked. */
interface AllowedObject {
  readonly epoch: number;
  readonly records: readonly BatchRecord[];
}

/**
 * Reads the archive back and holds it against what was produced and invoked: every record that is due
 * is there and nothing else is; no key ever had two versions; each object is, by key and content, one
 * of a batch that was invoked, so that batches of the same runs share theirs; and each delivery that
 * came to its end has all objects of its batch, so that no group is incomplete, and made no others.
 *
 * @returns how many copies of records there are beyond the first: each in the object of another batch
 * @throws {Error} saying what is wrong
 */
export function checkArchive(bucket: Bucket, produced: Produced): number {
  const allowed = allowedObjects(produced);
  const stored = new Set<string>();
  const taken = new Set<AllowedObject>();
  let copies = 0;
  for (const [key, versions] of bucket.versions) {
    const [version, ...later] = versions;
    if (!version || later.length > 0) throw new Error(`overwritten: ${shortKey(key)}`);
    const text = version.body.toString();
    const sha256 = hash('sha256', text, 'hex');
    if (version.metadata[names.sha256] !== sha256) {
      throw new Error(`${shortKey(key)} holds other bytes than its digest says`);
    }
    const records = text.split('\n').slice(0, -1).map(decodeLine);
    const epoch = Number(records[0]?.value);
    const candidates = allowed.get(key.replace(`~${sha256.slice(0, 8)}`, '')) ?? [];
    const object = candidates.find((each) => each.epoch === epoch);
    if (!object || taken.has(object)) throw new Error(`no object of a batch: ${shortKey(key)}`);
    taken.add(object);
    const places = records.map(({ partition, offset, value }) => `${value} ${partition} ${offset}`);
    const wanted = object.records.map(
      ({ record }) => `${epoch} ${record.partition} ${record.offset}`,
    );
    if (places.join() !== wanted.join()) {
      throw new Error(`${shortKey(key)} holds ${places.join()}, not ${wanted.join()}`);
    }
    if (!object.records.every(({ record }) => isNamed(key, record))) {
      throw new Error(`${shortKey(key)} does not name all that it holds: ${places.join()}`);
    }
    copies += places.filter((place) => stored.has(place)).length;
    for (const place of places) stored.add(place);
  }
  const lost = duePlaces(produced).filter((place) => !stored.has(place));
  if (lost.length > 0) throw new Error(`lost (topic, partition, offset): ${lost.join('; ')}`);
  checkGroups(produced, (key, epoch) => {
    const object = allowed.get(key)?.find((each) => each.epoch === epoch);
    return object !== undefined && taken.has(object);
  });
  return copies;
}

/** Has each delivery that came to its end be one set of complete groups, whatever was sent of it again. */
function checkGroups(
  { finished, settings }: Produced,
  isStored: (key: string, epoch: number) => boolean,
): void {
  for (const { assignment, batch, sent } of finished) {
    const { log } = assignment;
    const keys = objectsOfBatch(log, batch, settings);
    const missing = [...keys.keys()].find((key) => !isStored(key, log.epoch));
    if (missing !== undefined) throw new Error(`incomplete: ${shortKey(missing)} is not stored`);
    const other = sent
      .flatMap(({ records }) => [...objectsOfBatch(log, records, settings).keys()])
      .find((key) => !keys.has(key));
    if (other !== undefined) throw new Error(`other keys: ${shortKey(other)} when sent again`);
  }
}

/** Whether a listing tells that an object holds a record. */
function isNamed(key: string, { partition, offset }: BatchRecord['record']): boolean {
  const { runs = [] } = parseObjectKey(key) ?? {};
  return runs.some(
    (run) => run.partition === partition && run.first <= offset && offset <= run.last,
  );
}

/** The objects of a batch, as docs/reading-the-archive.md has them: an account of its own, by key. */
export function objectsOfBatch(
  { hours, partitions }: TopicLog,
  batch: readonly BatchRecord[],
  settings: ObjectSettings,
): Map<string, readonly BatchRecord[]> {
  const hourOf = (record: BatchRecord) =>
    (partitions[record.record.partition] ?? []).indexOf(record) % hours;
  const objects = groupsOf(batch, settings).flatMap((group) => {
    const byHour = [...Map.groupBy(group.flat(), hourOf)].sort(([a], [b]) => a - b);
    return byHour.map(([hour, records], index): [string, readonly BatchRecord[]] => {
      const place = byHour.length === 1 ? '' : `.${index + 1}of${byHour.length}`;
      const folder = `${settings.objectPrefix}topic=orders/dt=2025-11-23/hour=${10 + hour}`;
      return [`${folder}/${namesOf(group)}${place}.jsonl`, records];
    });
  });
  return new Map(objects);
}

/** The runs of a batch, by the objects that they share: as many as a key has room for, whatever else it may hold. */
export function groupsOf(
  batch: readonly BatchRecord[],
  { objectOf, objectPrefix }: ObjectSettings,
): BatchRecord[][][] {
  const runs = [...runsOf(batch)].sort(([a], [b]) => a - b).map(([, run]) => run);
  if (objectOf === 'partition') return runs.map((run) => [run]);
  const longestKey = (group: readonly BatchRecord[][]) =>
    `${objectPrefix}topic=orders/dt=2025-11-23/hour=10/${namesOf(group)}.10000of10000~0123abcd.jsonl.zst`;
  const groups: BatchRecord[][][] = [];
  for (const run of runs) {
    const group = groups.at(-1);
    if (group && longestKey([...group, run]).length < 1024) group.push(run);
    else groups.push([run]);
  }
  return groups;
}

/** `p0.0-4x3_p1.7-9`: runs, as a key names them. */
function namesOf(group: readonly BatchRecord[][]): string {
  const names = group.map((run) => {
    const offsets = run.map(offsetOf);
    const [first, last] = [Math.min(...offsets), Math.max(...offsets)];
    const count = offsets.length > last - first ? '' : `x${offsets.length}`;
    return `p${run[0]?.record.partition}.${first}-${last}${count}`;
  });
  return names.join('_');
}

function allowedObjects({ invoked, settings }: Produced): Map<string, AllowedObject[]> {
  const allowed = new Map<string, AllowedObject[]>();
  for (const { log, attempt } of invoked) {
    for (const [key, records] of objectsOfBatch(log, attempt.records, settings)) {
      const objects = allowed.get(key) ?? [];
      allowed.set(key, objects);
      if (objects.some(({ epoch }) => epoch === log.epoch)) continue;
      objects.push({ epoch: log.epoch, records });
    }
  }
  return allowed;
}

/** The records that must be there, as `epoch partition offset`. */
function duePlaces({ logs, due }: Produced): string[] {
  return logs.flatMap(({ epoch, partitions }) =>
    partitions.flatMap((records, partition) =>
      records
        .map(offsetOf)
        .filter((offset) => offset < (due[epoch]?.[partition] ?? Number.POSITIVE_INFINITY))
        .map((offset) => `${epoch} ${partition} ${offset}`),
    ),
  );
}
