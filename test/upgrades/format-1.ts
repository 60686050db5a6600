import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Compression, TimeFolder } from '../../lambda/contract.ts';
import { contentTypes } from '../../lambda/core/object/compression.ts';
import type { StorableObject } from '../../lambda/core/ports.ts';
import type { KafkaEvent } from '../../lambda/core/record/kafka-event.ts';

/** An object that format 1 wrote, with its uncompressed body. */
export interface FrozenObject {
  readonly timeFolder: TimeFolder;
  readonly compression: Compression;
  readonly key: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly body: string;
}

const compress = { gzip: gzipSync, zstd: zstdCompressSync, none: (body: Buffer) => body };

/** Reads a file of `test/fixtures/format-1`. */
export function frozen(name: string): string {
  return readFileSync(join(import.meta.dirname, '..', 'fixtures', 'format-1', name), 'utf8');
}

/** The batch that the frozen objects hold. */
export const frozenEvent: KafkaEvent = JSON.parse(frozen('event.json'));

/** Its objects with each `timeFolder`. */
export const frozenObjects: readonly FrozenObject[] = JSON.parse(frozen('objects.json'));

/** A frozen object as it is stored. */
export function toStored({ body, compression, key, metadata }: FrozenObject): StorableObject {
  const bytes = compress[compression](Buffer.from(body));
  return { key, metadata, body: bytes, contentType: contentTypes[compression] };
}
