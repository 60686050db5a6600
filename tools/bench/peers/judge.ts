import { crc32 } from 'node:zlib';
import { PARTITIONS } from './orders.ts';

/** A record as an object holds it. */
export interface StoredRecord {
  /** Its order's place in the sequence. */
  readonly sequence: number;
  /** Where it was, as far as the object says. */
  readonly partition?: number | undefined;
  readonly offset?: number | undefined;
  /** As it was stored. */
  readonly value: string;
}

/** What became of the records of a topic. */
export interface Verdict {
  /** Read back in all. */
  readonly records: number;
  /** Of the topic, in no object. */
  readonly lost: number;
  /** Read back beyond the first time. */
  readonly doubled: number;
  /** Read back, and never produced: no order, or one that is not of the topic. */
  readonly foreign: number;
  /** With another partition or offset than the topic gave them. */
  readonly misplaced: number;
  /** Whose value is the order, in other bytes than the producer's: fields in another order, say. */
  readonly rewritten: number;
}

/** Holds what is read back against what a topic was filled with. */
export class Judge {
  readonly #checksums: Uint32Array;
  readonly #times: Uint8Array;
  #records = 0;
  #foreign = 0;
  #misplaced = 0;
  #rewritten = 0;

  /** @param checksums CRC-32 of the value of each place in the sequence, see {@link checksumOf} */
  constructor(checksums: Uint32Array) {
    this.#checksums = checksums;
    this.#times = new Uint8Array(checksums.length);
  }

  /** Takes in a record that was read back. */
  take({ offset, partition, sequence, value }: StoredRecord): void {
    this.#records += 1;
    const times = this.#times[sequence];
    if (times === undefined) {
      this.#foreign += 1;
      return;
    }
    // Many times are as bad as 255.
    this.#times[sequence] = Math.min(255, times + 1);
    const isThere =
      (partition ?? sequence % PARTITIONS) === sequence % PARTITIONS &&
      (offset ?? Math.floor(sequence / PARTITIONS)) === Math.floor(sequence / PARTITIONS);
    if (!isThere) this.#misplaced += 1;
    if (checksumOf(value) !== this.#checksums[sequence]) this.#rewritten += 1;
  }

  /** What became of the records, when all objects are read. */
  verdict(): Verdict {
    const lost = this.#times.reduce((sum, times) => sum + (times === 0 ? 1 : 0), 0);
    const found = this.#times.length - lost;
    return {
      records: this.#records,
      lost,
      doubled: this.#records - this.#foreign - found,
      foreign: this.#foreign,
      misplaced: this.#misplaced,
      rewritten: this.#rewritten,
    };
  }
}

/** CRC-32 of a value, by which its bytes are compared. */
export function checksumOf(value: string | Uint8Array): number {
  return crc32(value);
}
