import type { DecodedRecord } from '../../lambda/core/record/decode-line.ts';
import { isSameRecord } from '../../lambda/core/record/record-identity.ts';

/** Bytes of found records that are remembered. */
const MOST_BYTES = 64 * 1024 * 1024;

/** How a record relates to those found before it. */
export type Copy = 'first' | 'duplicate' | 'conflict';

/** Remembers found records, the latest of them, to recognise duplicates and conflicts. */
export class SeenRecords {
  readonly #places = new Map<string, { readonly records: DecodedRecord[]; bytes: number }>();
  #bytes = 0;

  /** @param bytes of the record's line */
  add(record: DecodedRecord, bytes: number): Copy {
    const place = `${record.partition}:${record.offset}`;
    const seen = this.#places.get(place) ?? { records: [], bytes: 0 };
    if (seen.records.some((each) => isSameRecord(each, record))) return 'duplicate';
    const copy = seen.records.length === 0 ? 'first' : 'conflict';
    seen.records.push(record);
    seen.bytes += bytes;
    this.#bytes += bytes;
    this.#places.set(place, seen);
    for (const [oldest, { bytes: freed }] of this.#places) {
      if (this.#bytes <= MOST_BYTES || oldest === place) break;
      this.#places.delete(oldest);
      this.#bytes -= freed;
    }
    return copy;
  }
}
