import { createWriteStream, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { ArchiverError } from '../../lambda/core/errors.ts';

/**
 * Opens the file, and makes the folder, that what a process prints goes to. It is there when this
 * returns, and open until this process ends: what a killed one has printed may come after its end.
 *
 * @param flags whether it begins anew, or goes on where an earlier run ended
 * @throws {ArchiverError} `INVALID_SETTINGS` where it cannot be written
 */
export function openLog(path: string, flags: 'w' | 'a' = 'w'): Writable {
  try {
    mkdirSync(dirname(path), { recursive: true });
    // A stream that opens its file by itself does so later, and its error is then nobody's.
    return createWriteStream(path, { fd: openSync(path, flags) });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `cannot write the log ${path}: ${why}`;
    throw new ArchiverError('INVALID_SETTINGS', message, { cause });
  }
}
