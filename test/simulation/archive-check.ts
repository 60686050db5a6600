import { hash } from 'node:crypto';
import type { BatchRecord } from '../../kafka/mapping-event.ts';
import { objectMetadataNames as names } from '../../lambda/contract.ts';
import { readRecordLine } from '../../tools/local/demo/read-back.ts';
import { type Bucket, shortKey } from './bucket.ts';
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
}

/** An object that the design allows: made of a batch run that was invoked. */
interface AllowedObject {
  readonly epoch: number;
  readonly partition: number;
  readonly offsets: readonly number[];
}

/**
 * Reads the archive back and holds it against what was produced and invoked: every record that is due
 * is there and nothing else is; no key ever had two versions; each object is, by key and content, one
 * of a run that was invoked, so that runs of the same bounds share theirs.
 *
 * @returns how many copies of records there are beyond the first: each in the object of another run
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
    const records = text.split('\n').slice(0, -1).map(readRecordLine);
    const epoch = Number(records[0]?.value);
    const candidates = allowed.get(key.replace(`~${sha256.slice(0, 8)}`, '')) ?? [];
    const object = candidates.find((each) => each.epoch === epoch);
    if (!object || taken.has(object)) throw new Error(`no object of a run: ${shortKey(key)}`);
    taken.add(object);
    const places = records.map(({ partition, offset, value }) => `${value} ${partition} ${offset}`);
    const wanted = object.offsets.map((offset) => `${epoch} ${object.partition} ${offset}`);
    if (places.join() !== wanted.join()) {
      throw new Error(`${shortKey(key)} holds ${places.join()}, not ${wanted.join()}`);
    }
    copies += places.filter((place) => stored.has(place)).length;
    for (const place of places) stored.add(place);
  }
  const lost = duePlaces(produced).filter((place) => !stored.has(place));
  if (lost.length > 0) throw new Error(`lost (topic, partition, offset): ${lost.join('; ')}`);
  return copies;
}

/** The objects of a batch run, as docs/reading-the-archive.md has them: an account of its own, by key. */
export function objectsOfRun(
  { hours, partitions }: TopicLog,
  run: readonly BatchRecord[],
): Map<string, readonly number[]> {
  const { partition = 0, offset: first } = run[0]?.record ?? {};
  const all = partitions[partition] ?? [];
  const byHour = Map.groupBy(run, (record) => all.indexOf(record) % hours);
  const range = [first, run.at(-1)?.record.offset].map((offset) => `${offset}`.padStart(20, '0'));
  const objects = [...byHour].sort(([a], [b]) => a - b);
  return new Map(
    objects.map(([hour, records], index) => {
      const folder = `shop/topic=orders/dt=2025-11-23/hour=${10 + hour}`;
      const place = objects.length === 1 ? '' : `.${index + 1}of${objects.length}`;
      const key = `${folder}/orders-${partition}-${range.join('-')}${place}.jsonl`;
      return [key, records.map(offsetOf)];
    }),
  );
}

function allowedObjects({ invoked }: Produced): Map<string, AllowedObject[]> {
  const allowed = new Map<string, AllowedObject[]>();
  for (const { log, attempt } of invoked) {
    for (const [partition, run] of runsOf(attempt.records)) {
      for (const [key, offsets] of objectsOfRun(log, run)) {
        const objects = allowed.get(key) ?? [];
        allowed.set(key, objects);
        if (objects.some(({ epoch }) => epoch === log.epoch)) continue;
        objects.push({ epoch: log.epoch, partition, offsets });
      }
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
