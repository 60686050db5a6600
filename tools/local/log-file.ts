import { createWriteStream, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { ArchiverError } from '../../lambda/core/errors.ts';

/**
 * Opens a log file for the output of a process, and creates its folder. The file exists when this
 * returns, and stays open until this process ends: output of a killed process may arrive late.
 *
 * @param flags whether to replace the log of an earlier run or to append to it
 * @throws {ArchiverError} `INVALID_SETTINGS` if the file cannot be written
 */
export function openLog(path: string, flags: 'w' | 'a' = 'w'): Writable {
  try {
    mkdirSync(dirname(path), { recursive: true });
    // A stream would open the file later, where no one handles the error.
    return createWriteStream(path, { fd: openSync(path, flags) });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `cannot write the log ${path}: ${why}`;
    throw new ArchiverError('INVALID_SETTINGS', message, { cause });
  }
}
