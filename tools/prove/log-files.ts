import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A record batch in a log file. */
export interface FileBatch {
  readonly first: number;
  readonly last: number;
  readonly isControl: boolean;
  readonly records: readonly { readonly offset: number; readonly value: Buffer | null }[];
}

/**
 * Reads the log of a partition from the broker's own files, without its protocol and its client:
 * https://kafka.apache.org/documentation/#recordbatch. Producers of these tests do not compress.
 *
 * @param folder of the partition, such as `…/orders-0`
 */
export function readLogFiles(folder: string): FileBatch[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .sort()
    .flatMap((name) => batchesOf(readFileSync(join(folder, name))));
}

const LENGTH_AT = 8;
const BATCH_AT = 12;
const ATTRIBUTES_AT = 21;
const LAST_DELTA_AT = 23;
const COUNT_AT = 57;
const RECORDS_AT = 61;
const CONTROL = 0x20;

function batchesOf(file: Buffer): FileBatch[] {
  const batches: FileBatch[] = [];
  for (let at = 0; at + RECORDS_AT <= file.length; ) {
    const length = BATCH_AT + file.readInt32BE(at + LENGTH_AT);
    // The broker is still writing it.
    if (length <= BATCH_AT || at + length > file.length) break;
    batches.push(batchOf(file.subarray(at, at + length)));
    at += length;
  }
  return batches;
}

function batchOf(bytes: Buffer): FileBatch {
  const first = Number(bytes.readBigInt64BE(0));
  const reader = new Reader(bytes, RECORDS_AT);
  const records = Array.from({ length: bytes.readInt32BE(COUNT_AT) }, () => {
    const end = reader.varint() + reader.at;
    reader.at += 1;
    reader.varint();
    const offset = first + reader.varint();
    reader.bytes();
    const value = reader.bytes();
    reader.at = end;
    return { offset, value };
  });
  return {
    first,
    last: first + bytes.readInt32BE(LAST_DELTA_AT),
    isControl: (bytes.readInt16BE(ATTRIBUTES_AT) & CONTROL) !== 0,
    records,
  };
}

class Reader {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** A zigzag-encoded integer of up to 53 bits. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#bytes.readUInt8(this.at);
      this.at += 1;
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 128) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
  }

  bytes(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }
}
