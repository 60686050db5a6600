import { relative } from 'node:path';
import { ArchiverError } from '../../lambda/core/errors.ts';
import { decodeLine } from '../../lambda/core/record/decode-line.ts';
import { blocksOf, linesOf } from '../../lambda/io/object-body.ts';
import { createFolderSource } from '../archive/folder-source.ts';
import { NotDone } from '../command.ts';
import { formatCount, formatCounted } from '../counts.ts';
import type { Machine } from '../machine.ts';
import type { StagedObject } from './staged-objects.ts';

/** Damaged objects that are named; the others are counted. */
const MOST_NAMED = 10;

/** How to check objects. */
export interface ObjectCheck extends Pick<Machine, 'printError' | 'progress' | 'stop'> {
  /** The folder that the objects' files are in. */
  readonly folder: string;
  /** Whether a query may read damaged objects as far as they go. */
  readonly acceptsDamaged: boolean;
}

/**
 * Reads objects to their ends, because DuckDB answers from a damaged one without an error. Prints the damaged ones, and
 * how many lines are no records.
 *
 * @throws {NotDone} if an object is damaged, unless that is accepted; {@link ArchiverError} `STORE_ABORTED`
 */
export async function checkObjects(
  objects: readonly StagedObject[],
  { acceptsDamaged, folder, printError, progress, stop }: ObjectCheck,
): Promise<void> {
  const source = createFolderSource(folder, { signal: stop, sizes: false });
  const damaged: string[] = [];
  let others = 0;
  let firstOther = '';
  for (const [index, { file, key }] of objects.entries()) {
    progress(`checking · ${formatCount(index)} of ${formatCounted(objects.length, 'object')}`);
    try {
      for await (const block of blocksOf(key, await source.read(relative(folder, file)))) {
        for (const line of linesOf(block)) {
          if (isRecord(line)) continue;
          others += 1;
          firstOther ||= key;
        }
      }
    } catch (error) {
      if (!(error instanceof ArchiverError) || error.code === 'STORE_ABORTED') throw error;
      damaged.push(error.message);
    }
  }
  progress('');
  if (others > 0) {
    const where = `in no table but archive_lines and archive_all; the first is in '${firstOther}'`;
    printError(`${formatCounted(others, 'line')} without a record, ${where}`);
  }
  if (damaged.length === 0) return;
  for (const message of damaged.slice(0, MOST_NAMED)) printError(message);
  const more = damaged.length - MOST_NAMED;
  if (more > 0) printError(`and ${formatCounted(more, 'more damaged object')}`);
  if (acceptsDamaged) {
    printError('The answer has the rows before the damage, or fails.');
    return;
  }
  printError(
    'DuckDB would leave out rows without an error: pass --accept-damaged to query the rest',
  );
  throw new NotDone();
}

function isRecord(line: Buffer): boolean {
  try {
    decodeLine(line);
    return true;
  } catch (error) {
    if (error instanceof ArchiverError) return false;
    throw error;
  }
}
