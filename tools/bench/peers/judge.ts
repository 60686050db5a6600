import { crc32 } from 'node:zlib';
import { PARTITIONS, sequenceOf } from './orders.ts';

/** A record that was read back from an object. */
export interface StoredRecord {
  /** The sequence number in its order; NaN where the line contains no order. */
  readonly sequence: number;
  /** Its partition and offset, where the object states them. */
  readonly partition?: number | undefined;
  readonly offset?: number | undefined;
  /** The value as it was stored. */
  readonly value: string;
}

/** What happened to the records of a topic. */
export interface Verdict {
  /** Records that were read back. */
  readonly records: number;
  /** Records of the topic that are in no object. */
  readonly lost: number;
  /** Records that were read back again after the first time. */
  readonly doubled: number;
  /** Records that were read back although the topic does not contain them. */
  readonly foreign: number;
  /** Records whose line states another partition or offset than they have in the topic. */
  readonly misplaced: number;
  /** Records whose value was stored with other bytes, for example with its fields in another order. */
  readonly rewritten: number;
}

/** Compares the records that were read back with those that were produced. */
export class Judge {
  readonly #checksums: Uint32Array;
  readonly #times: Uint8Array;
  #records = 0;
  #foreign = 0;
  #misplaced = 0;
  #rewritten = 0;

  /** @param checksums CRC-32 of the produced values, by sequence number; see {@link checksumOf} */
  constructor(checksums: Uint32Array) {
    this.#checksums = checksums;
    this.#times = new Uint8Array(checksums.length);
  }

  /** Takes a record that was read back into account. */
  take({ offset, partition, sequence, value }: StoredRecord): void {
    this.#records += 1;
    const times = this.#times[sequence];
    if (times === undefined) {
      this.#foreign += 1;
      return;
    }
    this.#times[sequence] = Math.min(255, times + 1);
    const isInPlace =
      (partition ?? sequence % PARTITIONS) === sequence % PARTITIONS &&
      (offset ?? Math.floor(sequence / PARTITIONS)) === Math.floor(sequence / PARTITIONS);
    if (!isInPlace) this.#misplaced += 1;
    if (checksumOf(value) !== this.#checksums[sequence]) this.#rewritten += 1;
  }

  /** The verdict on all records taken so far. */
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

/** CRC-32 of a value, by which values are compared. */
export function checksumOf(value: string | Uint8Array): number {
  return crc32(value);
}

/**
 * The lines that a peer writes: a `record line` is a JSON object with `partition`, `offset` and `value`; a `value`
 * is the value alone.
 */
export type LineFormat = 'record line' | 'value';

const partitionMark = '"partition":';
const offsetMark = '"offset":';
/** An order is a JSON object, whereas header values are strings. */
const valueMark = ',"value":{';
/** Follows the value in this project's lines; in those of other peers the value is the last field. */
const valueEnd = ',"value_encoding":"json"';

/** Parses a line; the sequence is NaN for a line that is not of the format. */
export function readStoredLine(line: string, format: LineFormat): StoredRecord {
  const value = format === 'value' ? line : embeddedValue(line);
  const sequence = sequenceOf(value);
  if (format === 'value') return { sequence, value };
  const partition = numberAfter(line, partitionMark);
  return { sequence, value, partition, offset: numberAfter(line, offsetMark) };
}

/** Orders have no field with the name of a mark, so the first one is the line's own. */
function numberAfter(line: string, mark: string): number {
  const start = line.indexOf(mark);
  return start < 0 ? Number.NaN : Number.parseInt(line.slice(start + mark.length, start + 40), 10);
}

function embeddedValue(line: string): string {
  const start = line.indexOf(valueMark);
  const end = line.lastIndexOf(valueEnd);
  return start < 0 ? '' : line.slice(start + valueMark.length - 1, end > start ? end : -1);
}
