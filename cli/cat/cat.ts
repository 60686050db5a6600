import { Buffer } from 'node:buffer';
import { ArchiverError } from '../../lambda/core/errors.ts';
import type { ArchiveSource } from '../../lambda/core/object/archive-source.ts';
import { parseObjectKey } from '../../lambda/core/object/parse-object-key.ts';
import { blocksOf, linesOf } from '../../lambda/io/object-body.ts';
import { decodeIn } from '../archive/decode-in.ts';
import { findTopics, listTopic } from '../archive/list-objects.ts';
import { NotDone } from '../command.ts';
import { formatCount, formatCounted } from '../counts.ts';
import type { Machine } from '../machine.ts';
import type { RecordFormat } from './formats.ts';
import { type MergeSource, mergePartition, type PartitionSelection } from './merge.ts';

/** What to print. */
export type CatSelection =
  | { readonly keys: readonly string[] }
  | (PartitionSelection & {
      /** The object prefix. @default - the only one with the topic */
      readonly prefix: string | undefined;
      /** Whether to print duplicates too. */
      readonly all: boolean;
    });

/** What {@link cat} works with. */
export interface CatParts extends Pick<Machine, 'printError' | 'progress' | 'write'> {
  readonly source: ArchiveSource;
  readonly format: RecordFormat;
}

/** Bytes that are collected before they are written. */
const WRITE_BYTES = 64 * 1024;

/**
 * Prints records and nothing else. At the end it says on standard error which it left out.
 *
 * @throws {NotDone} if the partition has none; {@link ArchiverError}
 */
export async function cat(selection: CatSelection, parts: CatParts): Promise<void> {
  const output = new RecordOutput(parts);
  if ('keys' in selection) {
    for (const key of selection.keys) await catObject(key, output, parts);
  } else await catPartition(selection, output, parts);
  await output.end();
}

async function catObject(key: string, output: RecordOutput, { source }: CatParts): Promise<void> {
  for await (const block of blocksOf(key, await source.read(key))) {
    for (const line of linesOf(block)) await output.write(key, line);
  }
}

async function catPartition(
  { all, prefix, ...selection }: Exclude<CatSelection, { keys: unknown }>,
  output: RecordOutput,
  { printError, progress, source }: CatParts,
): Promise<void> {
  const { partition, topic } = selection;
  const folders = await findTopics(source, { prefix, topics: [topic] });
  if (folders.length > 1) {
    const prefixes = folders.map((each) => `'${each.prefix}'`).join(', ');
    const where = `topic '${topic}' is under several prefixes`;
    throw new ArchiverError('LOAD_FAILED', `${where}: pass --prefix with one of ${prefixes}`);
  }
  const objects: MergeSource[] = [];
  let listed = 0;
  let unnamed = 0;
  for (const { path } of folders) {
    for await (const page of listTopic(source, path, selection.range)) {
      listed += page.length;
      progress(`${formatCount(listed)} objects listed`);
      for (const { key } of page) {
        const parsed = parseObjectKey(key);
        if (parsed === undefined) unnamed += 1;
        for (const { first, last, ...run } of parsed?.runs ?? []) {
          const { firstOffset, lastOffset } = selection;
          if (run.partition !== partition || last < firstOffset || first > lastOffset) continue;
          objects.push({ key, format: parsed?.format ?? 0, first, last });
        }
      }
    }
  }
  progress('');
  const counts = { duplicates: 0, conflicts: 0 };
  const parts = { objects, selection };
  let records = 0;
  for await (const { bytes, key } of mergePartition(source, parts, { all, counts })) {
    await output.write(key, bytes);
    records += 1;
  }
  await output.flush();
  const { conflicts, duplicates } = counts;
  if (duplicates > 0) printError(`Left out ${formatCounted(duplicates, 'duplicate')}`);
  if (conflicts > 0) {
    printError(
      `${formatCounted(conflicts, 'offset')} with more than one record, all of which are printed`,
    );
  }
  if (unnamed > 0) {
    printError(
      `Not read: ${formatCounted(unnamed, 'object')} without offsets in the name, as Firehose writes them; pass their keys instead`,
    );
  }
  if (records > 0) return;
  const looked = `${formatCounted(listed, 'object')} listed, ${formatCount(objects.length)} read`;
  printError(`Found 0 records of ${topic}-${partition} with these offsets and times: ${looked}`);
  throw new NotDone();
}

/** Collects the bytes of records and writes many together. */
class RecordOutput {
  readonly #parts: Pick<CatParts, 'format' | 'printError' | 'write'>;
  #waiting: Buffer[];
  #bytes: number;
  #leftOut = 0;

  constructor(parts: CatParts) {
    this.#parts = parts;
    this.#waiting = [parts.format.head];
    this.#bytes = parts.format.head.length;
  }

  async write(key: string, line: Buffer): Promise<void> {
    const bytes = this.#parts.format.of(line, (given) => decodeIn(key, given));
    if (bytes === undefined) this.#leftOut += 1;
    else {
      this.#waiting.push(bytes);
      this.#bytes += bytes.length;
    }
    if (this.#bytes >= WRITE_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting, this.#bytes);
    this.#waiting = [];
    this.#bytes = 0;
    if (bytes.length > 0) await this.#parts.write(bytes);
  }

  async end(): Promise<void> {
    await this.flush();
    if (this.#leftOut > 0)
      this.#parts.printError(`Left out ${formatCounted(this.#leftOut, 'tombstone')}`);
  }
}
