import { crc32 } from 'node:zlib';
import type { ArchivedRecord } from './read-back.ts';

/** The result of reading back, in numbers of offsets. */
export interface Verdict {
  readonly expected: number;
  /** Read back once, and as expected. */
  readonly exact: number;
  readonly missing: number;
  /** Read back as expected more than once. */
  readonly repeated: number;
  /** Number of records, not offsets: the same record read again. Another record of the same offset is no duplicate. */
  readonly duplicates: number;
  /** Read back with another timestamp, key or value. */
  readonly altered: number;
  /** Read back, but never expected. */
  readonly unknown: number;
}

/**
 * Compares the records of topics with those read back: by topic, partition and offset, and by a checksum
 * of timestamp, key and value. Needs five bytes per record, and an entry per gap between the offsets of a
 * partition.
 */
export class Ledger {
  readonly #topics = new Map<string, TopicLedger>();

  /** @throws {RangeError} if the offset does not follow the previous one of its partition */
  expect(record: ArchivedRecord): void {
    const { partitions } = this.#topic(record.topic);
    let partition = partitions.get(record.partition);
    if (partition === undefined) {
      partition = new PartitionLedger();
      partitions.set(record.partition, partition);
    }
    partition.expect(record);
  }

  readBack(record: ArchivedRecord): void {
    const topic = this.#topic(record.topic);
    const isKnown = topic.partitions.get(record.partition)?.readBack(record) ?? false;
    if (!isKnown) topic.unknown += 1;
  }

  /** The verdict on each topic. */
  verdicts(): ReadonlyMap<string, Verdict> {
    const verdicts = [...this.#topics].map(([name, { partitions, unknown }]) => {
      const known = [...partitions.values()].map((partition) => partition.verdict());
      return [name, total([...known, { ...nothing, unknown }])] as const;
    });
    return new Map(verdicts);
  }

  #topic(name: string): TopicLedger {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      topic = { partitions: new Map(), unknown: 0 };
      this.#topics.set(name, topic);
    }
    return topic;
  }
}

/** Whether each expected offset was read back once and unchanged, and nothing else. */
export function isExact({ expected, exact, unknown }: Verdict): boolean {
  return expected > 0 && exact === expected && unknown === 0;
}

/** Whether each expected offset was read back, unchanged, at least once, and nothing else. */
export function isComplete({ altered, expected, missing, unknown }: Verdict): boolean {
  return expected > 0 && missing === 0 && altered === 0 && unknown === 0;
}

/** Sums up verdicts. */
export function total(verdicts: Iterable<Verdict>): Verdict {
  const sum: Tally = { ...nothing };
  for (const verdict of verdicts) {
    for (const name of names) sum[name] += verdict[name];
  }
  return sum;
}

interface TopicLedger {
  readonly partitions: Map<number, PartitionLedger>;
  unknown: number;
}

type Tally = { -readonly [Name in keyof Verdict]: Verdict[Name] };

const nothing: Verdict = {
  ...{ expected: 0, exact: 0, missing: 0, repeated: 0, duplicates: 0, altered: 0, unknown: 0 },
};
const names = [
  ...(['expected', 'exact', 'missing', 'repeated', 'duplicates', 'altered', 'unknown'] as const),
];

const ALTERED = 0x80;
const MOST_TIMES = 0x7f;

class PartitionLedger {
  /** Runs of consecutive offsets: the first offset, and the place of its record. */
  readonly #runs: { readonly first: number; readonly place: number }[] = [];
  #nextOffset = 0;
  #count = 0;
  #duplicates = 0;
  #checksums = new Uint32Array(1024);
  /** How often each was read as expected, with {@link ALTERED} if another record was read. */
  #timesRead = new Uint8Array(1024);

  expect(record: ArchivedRecord): void {
    const { offset } = record;
    const isFirst = this.#runs.length === 0;
    if (!isFirst && offset < this.#nextOffset) {
      throw new RangeError(`offset ${offset} after ${this.#nextOffset - 1}`);
    }
    const place = this.#count;
    if (isFirst || offset > this.#nextOffset) this.#runs.push({ first: offset, place });
    if (place === this.#checksums.length) this.#grow();
    this.#checksums[place] = checksum(record);
    this.#nextOffset = offset + 1;
    this.#count += 1;
  }

  /** @returns whether the record was expected */
  readBack(record: ArchivedRecord): boolean {
    const place = this.#placeOf(record.offset);
    const before = place === undefined ? undefined : this.#timesRead[place];
    if (place === undefined || before === undefined) return false;
    if (this.#checksums[place] !== checksum(record)) {
      this.#timesRead[place] = before | ALTERED;
      return true;
    }
    const timesBefore = before & MOST_TIMES;
    if (timesBefore > 0) this.#duplicates += 1;
    this.#timesRead[place] = (before & ALTERED) | Math.min(MOST_TIMES, timesBefore + 1);
    return true;
  }

  verdict(): Verdict {
    const verdict: Tally = { ...nothing, expected: this.#count, duplicates: this.#duplicates };
    for (const times of this.#timesRead.subarray(0, this.#count)) {
      if (times === 1) verdict.exact += 1;
      if (times === 0) verdict.missing += 1;
      if ((times & MOST_TIMES) > 1) verdict.repeated += 1;
      if ((times & ALTERED) !== 0) verdict.altered += 1;
    }
    return verdict;
  }

  #placeOf(offset: number): number | undefined {
    if (!Number.isSafeInteger(offset)) return undefined;
    let [low, high] = [0, this.#runs.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#runs[middle]?.first ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    const run = this.#runs[low - 1];
    if (run === undefined) return undefined;
    const place = run.place + offset - run.first;
    return place < (this.#runs[low]?.place ?? this.#count) ? place : undefined;
  }

  #grow(): void {
    const [checksums, timesRead] = [this.#checksums, this.#timesRead];
    this.#checksums = new Uint32Array(this.#count * 2);
    this.#checksums.set(checksums);
    this.#timesRead = new Uint8Array(this.#count * 2);
    this.#timesRead.set(timesRead);
  }
}

/** Includes the lengths, to distinguish null from empty, and a key's end from a value's start. */
function checksum({ key, timestamp, value }: ArchivedRecord): number {
  const rest = `${timestamp} ${key?.length} ${value?.length}`;
  return crc32(value ?? '', crc32(key ?? '', crc32(rest)));
}
