import type { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';

/** A partition's records: by offset, a checksum of what was produced and how it came back. */
interface PartitionLedger {
  checksums: Uint32Array;
  /** How often, with {@link ALTERED} where it was not what was produced. */
  timesRead: Uint8Array;
  produced: number;
}

const ALTERED = 0x80;
const MOST_TIMES = 0x7f;

/** What reading back showed. Each number counts offsets. */
export interface Verdict {
  readonly produced: number;
  /** Read back once, with the key and value that were produced. */
  readonly exact: number;
  readonly missing: number;
  readonly repeated: number;
  /** Read back with another key or value. */
  readonly altered: number;
  /** Read back, but never produced. */
  readonly unknown: number;
}

/**
 * Knows which records were produced, and tells them from those read back: by partition and offset, and
 * by a checksum of key and value. Five bytes a record.
 */
export class Ledger {
  readonly #partitions = new Map<number, PartitionLedger>();
  #unknown = 0;

  produced(partition: number, offset: number, key: Buffer | null, value: Buffer | null): void {
    const ledger = this.#ledger(partition);
    if (offset >= ledger.checksums.length) grow(ledger, offset + 1);
    ledger.checksums[offset] = checksum(key, value);
    ledger.produced = Math.max(ledger.produced, offset + 1);
  }

  readBack(partition: number, offset: number, key: Buffer | null, value: Buffer | null): void {
    const ledger = this.#ledger(partition);
    const before = ledger.timesRead[offset];
    if (before === undefined || offset >= ledger.produced) {
      this.#unknown += 1;
      return;
    }
    const times = Math.min(MOST_TIMES, (before & MOST_TIMES) + 1);
    const isAltered = ledger.checksums[offset] !== checksum(key, value);
    ledger.timesRead[offset] = times | (before & ALTERED) | (isAltered ? ALTERED : 0);
  }

  verdict(): Verdict {
    let produced = 0;
    let exact = 0;
    let missing = 0;
    let repeated = 0;
    let altered = 0;
    for (const ledger of this.#partitions.values()) {
      produced += ledger.produced;
      for (const times of ledger.timesRead.subarray(0, ledger.produced)) {
        if (times === 1) exact += 1;
        if (times === 0) missing += 1;
        if ((times & MOST_TIMES) > 1) repeated += 1;
        if ((times & ALTERED) !== 0) altered += 1;
      }
    }
    return { produced, exact, missing, repeated, altered, unknown: this.#unknown };
  }

  #ledger(partition: number): PartitionLedger {
    let ledger = this.#partitions.get(partition);
    if (ledger === undefined) {
      ledger = { checksums: new Uint32Array(1024), timesRead: new Uint8Array(1024), produced: 0 };
      this.#partitions.set(partition, ledger);
    }
    return ledger;
  }
}

/** Whether each produced offset came back once and unchanged, and nothing else did. */
export function isExact({ produced, exact, unknown }: Verdict): boolean {
  return produced > 0 && exact === produced && unknown === 0;
}

function grow(ledger: PartitionLedger, needed: number): void {
  const length = Math.max(needed, ledger.checksums.length * 2);
  const checksums = new Uint32Array(length);
  checksums.set(ledger.checksums);
  const timesRead = new Uint8Array(length);
  timesRead.set(ledger.timesRead);
  Object.assign(ledger, { checksums, timesRead });
}

/** Of both, with their lengths: a null is told from empty bytes, and a key's end from a value's start. */
function checksum(key: Buffer | null, value: Buffer | null): number {
  return crc32(value ?? '', crc32(key ?? '', crc32(`${key?.length} ${value?.length}`)));
}
