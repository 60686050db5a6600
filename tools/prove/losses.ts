import { gzipSync } from 'node:zlib';
import type { StorableObject } from '../../lambda/core/ports.ts';
import type { Random } from '../faults/random.ts';
import type { Reading } from './archive-truth.ts';
import { type ArchivedTopic, deliver, type StoredBatch } from './archived-topic.ts';
import { linesOf, MemoryBucket } from './memory-bucket.ts';

/** How records can be lost from an archive that had them. */
export const lossKinds = [
  'an object deleted',
  'the first record of a run',
  'the middle record of a run',
  'the last record of a run',
  'the first line of an object, under the same key',
  'the middle line of an object, under the same key',
  'the last line of an object, under the same key',
  'a whole partition',
  'a broken line',
  'a wrong key',
] as const;

/** One of the {@link lossKinds}. */
export type LossKind = (typeof lossKinds)[number];

/** What an audit must read to see a loss of a kind. */
export function readingFor(kind: LossKind): Reading {
  return kind.endsWith('same key') || kind === 'a broken line' ? 'all' : 'as-needed';
}

/** A loss that was planted. */
export interface PlantedLoss {
  readonly kind: LossKind;
  /** For people: the key or the record. */
  readonly what: string;
}

/** Plants a loss of a kind. @returns undefined if the archive has nothing to lose that way */
export async function plantLoss(
  kind: LossKind,
  topic: ArchivedTopic,
  random: Random,
): Promise<PlantedLoss | undefined> {
  const { objects } = topic.bucket;
  const [object] = random.shuffle([...objects.values()]);
  if (object === undefined) return undefined;
  switch (kind) {
    case 'an object deleted':
      objects.delete(object.key);
      return { kind, what: object.key };
    case 'the first record of a run':
    case 'the middle record of a run':
    case 'the last record of a run':
      return dropRecord(kind, topic, random);
    case 'the first line of an object, under the same key':
    case 'the middle line of an object, under the same key':
    case 'the last line of an object, under the same key':
      return changeLines(kind, object, topic, (lines) => lines.toSpliced(indexOf(kind, lines), 1));
    case 'a broken line':
      return changeLines(kind, object, topic, (lines) => {
        const index = random.below(lines.length);
        return lines.with(index, (lines[index] ?? '').slice(0, -1 - random.below(20)));
      });
    case 'a whole partition':
      return dropPartition(topic, random);
    case 'a wrong key':
      return moveObject(object, topic, random);
  }
}

/** Stores a batch again without some of its records, under the keys that such a batch would have had. */
async function storeWithout(
  topic: ArchivedTopic,
  batch: StoredBatch,
  isDropped: (record: StoredBatch['records'][number]) => boolean,
): Promise<void> {
  for (const key of batch.keys) topic.bucket.objects.delete(key);
  const rest = batch.records.filter((record) => !isDropped(record));
  if (rest.length > 0) await deliver(rest, topic.traits, topic.bucket);
}

async function dropRecord(
  kind: LossKind,
  topic: ArchivedTopic,
  random: Random,
): Promise<PlantedLoss | undefined> {
  const [batch] = random.shuffle(wholeBatches(topic));
  if (batch === undefined) return undefined;
  const partition = random.pick(batch.records as [(typeof batch.records)[0]]).partition;
  const run = batch.records.filter((record) => record.partition === partition);
  const lost = run[indexOf(kind, run)];
  await storeWithout(topic, batch, (record) => record === lost);
  return { kind, what: `${partition}:${lost?.offset}` };
}

async function dropPartition(
  topic: ArchivedTopic,
  random: Random,
): Promise<PlantedLoss | undefined> {
  const partition = random.below(topic.facts.partitions.length);
  const isDropped = (record: { readonly partition: number }) => record.partition === partition;
  for (const batch of wholeBatches(topic)) {
    if (batch.records.some(isDropped)) await storeWithout(topic, batch, isDropped);
  }
  return { kind: 'a whole partition', what: String(partition) };
}

/** Batches whose objects are all in the bucket. */
function wholeBatches({ bucket, stored }: ArchivedTopic): StoredBatch[] {
  return stored.filter(({ keys }) => keys.every((key) => bucket.objects.has(key)));
}

function changeLines(
  kind: LossKind,
  object: StorableObject,
  { bucket }: ArchivedTopic,
  change: (lines: readonly string[]) => readonly string[],
): PlantedLoss {
  const text = change(linesOf(object))
    .map((line) => `${line}\n`)
    .join('');
  const body = object.key.endsWith('.gz') ? gzipSync(text) : Buffer.from(text);
  // The archive's functions alone note the digest of a body.
  bucket.objects.set(object.key, { ...object, body, metadata: {} });
  return { kind, what: object.key };
}

/** Gives an object the key of another partition's run, or of other offsets. */
function moveObject(
  object: StorableObject,
  { bucket }: ArchivedTopic,
  random: Random,
): PlantedLoss | undefined {
  const folder = object.key.lastIndexOf('/') + 1;
  const name = object.key.slice(folder);
  const wrong = random.chance(0.5)
    ? name.replace(/p(\d+)\./, (_, partition) => `p${Number(partition) + 7}.`)
    : name.replace(
        /\.(\d+)-(\d+)/,
        (_, first, last) => `.${Number(first) + 1}-${Number(last) + 1}`,
      );
  const key = object.key.slice(0, folder) + wrong;
  if (bucket.objects.has(key)) return undefined;
  bucket.objects.delete(object.key);
  bucket.objects.set(key, { ...object, key });
  return { kind: 'a wrong key', what: `${object.key} as ${key}` };
}

function indexOf(kind: LossKind, list: readonly unknown[]): number {
  if (kind.startsWith('the first')) return 0;
  return kind.startsWith('the last') ? list.length - 1 : list.length >> 1;
}

/** A bucket with the same objects. */
export function copyOf(bucket: MemoryBucket): MemoryBucket {
  const copy = new MemoryBucket();
  for (const [key, object] of bucket.objects) copy.objects.set(key, object);
  return copy;
}
