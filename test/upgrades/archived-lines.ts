import { Buffer } from 'node:buffer';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { parseObjectKey } from '../../lambda/core/object/parse-object-key.ts';
import type { StorableObject } from '../../lambda/core/ports.ts';
import { type DecodedRecord, decodeLine } from '../../lambda/core/record/decode-line.ts';
import { isSameRecord } from '../../lambda/core/record/record-identity.ts';

const decompress = { gzip: gunzipSync, zstd: zstdDecompressSync, none: (body: Buffer) => body };

/** Decodes all lines of an archive's objects. */
export function recordsIn(objects: ReadonlyMap<string, StorableObject>): DecodedRecord[] {
  return [...objects].flatMap(([key, { body }]) => {
    const { compression = 'none' } = parseObjectKey(key) ?? {};
    return recordsOf(decompress[compression](Buffer.from(body)).toString());
  });
}

/** Decodes lines that each end in a line feed. */
export function recordsOf(lines: string): DecodedRecord[] {
  return lines
    .split('\n')
    .slice(0, -1)
    .map((line) => decodeLine(line));
}

/** The groups of which a listing has some objects but not all: their keys, without folder and place. */
export function incompleteGroups(keys: Iterable<string>): string[] {
  const groups = Map.groupBy(keys, (key) => {
    const { folder = '' } = parseObjectKey(key) ?? {};
    return key.replace(folder, '').replace(/\.\d+of\d+/, '');
  });
  return [...groups].flatMap(([group, ofGroup]) => {
    const places = new Set(ofGroup.map((key) => parseObjectKey(key)?.place));
    const { count = 1 } = parseObjectKey(ofGroup[0] ?? '') ?? {};
    return places.size < count ? [group] : [];
  });
}

/** What the identity of records says about lines. */
export interface Stock {
  /** Distinct records. */
  readonly records: number;
  /** Lines that repeat a record. */
  readonly duplicates: number;
  /** Offsets that more than one record has. */
  readonly conflicts: number;
}

/** Counts distinct records, duplicates and conflicts. */
export function takeStock(lines: readonly DecodedRecord[]): Stock {
  const byPlace = Map.groupBy(lines, ({ topic, partition, offset }) =>
    [topic, partition, offset].join(),
  );
  const distinct = [...byPlace.values()].map(distinctOf);
  const records = distinct.flat().length;
  const conflicts = distinct.filter(({ length }) => length > 1).length;
  return { records, duplicates: lines.length - records, conflicts };
}

function distinctOf(copies: readonly DecodedRecord[]): DecodedRecord[] {
  const distinct: DecodedRecord[] = [];
  for (const copy of copies) {
    if (!distinct.some((each) => isSameRecord(each, copy))) distinct.push(copy);
  }
  return distinct;
}
