/**
 * The files of one bucket: bodies under `root/<bucket>`, records under `root/.s3/<bucket>`.
 *
 * A put ends with two renames, and the process may be killed between any two steps. The record
 * decides which object exists; it names the temporary file of its body:
 *
 * 1. The body is complete in `.tmp/<id>`. Killed here: the old object remains, the file is garbage.
 * 2. The record is complete in `.tmp/<id>.json`. Killed here: the same.
 * 3. The record is renamed into place. From here on the new object exists. Killed here: the next
 *    start finds the record and `.tmp/<id>`, and performs step 4.
 * 4. The body is renamed into place. Ids are never reused, so a record whose `.tmp/<id>` does not
 *    exist is complete.
 *
 * A delete removes the body first: a record without a body is a delete to be finished. Nothing here
 * awaits, so no other request of the server runs between two steps.
 *
 * @module
 */

import {
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { S3Error } from './errors.ts';
import { hashedPlace, plainPlace, recordPlace, SERVER_FOLDER } from './key-place.ts';
import { type ObjectRecord, type ObjectSummary, objectRecordSchema } from './object-record.ts';

/** The folder of unfinished bodies and records; the dot distinguishes it from a bucket's records. */
export function temporaryFolder(root: string): string {
  return path.join(root, SERVER_FOLDER, '.tmp');
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function parseRecord(file: string): ObjectRecord {
  const { data, success } = objectRecordSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (success) return data;
  throw new S3Error('InternalError', { message: `'${file}' is not the record of an object` });
}

/** One bucket's files. Every method is synchronous. */
export class BucketFolder {
  readonly #bodies: string;
  readonly #records: string;
  readonly #temporary: string;

  constructor(root: string, name: string) {
    this.#bodies = path.join(root, name);
    this.#records = path.join(root, SERVER_FOLDER, name);
    this.#temporary = temporaryFolder(root);
  }

  create(): void {
    mkdirSync(this.#bodies, { recursive: true });
  }

  /**
   * Finishes what a killed server left unfinished.
   *
   * @returns the records of all objects
   */
  recover(): ObjectRecord[] {
    const pending = new Set(readdirSync(this.#temporary));
    const records: ObjectRecord[] = [];
    for (const entry of this.#recordFiles()) {
      const record = parseRecord(entry);
      if (pending.has(record.id)) this.#placeBody(record);
      if (existsSync(this.#bodyPath(record.file))) records.push(record);
      else unlinkSync(entry);
    }
    return records;
  }

  /** Where to store a new object: at its key's path, unless a file or folder is in the way. */
  placeFor(key: string): string {
    const place = plainPlace(key);
    return place !== undefined && this.#isFree(place) ? place : hashedPlace(key);
  }

  /** Makes the object whose body is in `.tmp/<id>` visible, replacing any object with its key. */
  commit(record: ObjectRecord): void {
    const previous = this.#recordText(record.key);
    mkdirSync(path.dirname(this.#bodyPath(record.file)), { recursive: true });
    this.#writeRecord(record.key, JSON.stringify(record), record.id);
    try {
      this.#placeBody(record);
    } catch (error) {
      // Some systems cannot replace a file that is being read: then the old object must remain.
      if (previous === undefined) unlinkSync(this.#recordPath(record.key));
      else this.#writeRecord(record.key, previous, record.id);
      throw error;
    }
  }

  /** Replaces the record of an object and keeps its body. */
  replaceRecord(record: ObjectRecord): void {
    this.#writeRecord(record.key, JSON.stringify(record), record.id);
  }

  readRecord(key: string): ObjectRecord {
    return parseRecord(this.#recordPath(key));
  }

  /** Opens the body as it is now; later changes to the object do not affect it. */
  openBody(object: ObjectSummary): number {
    return openSync(this.#bodyPath(object.file), 'r');
  }

  deleteObject(object: ObjectSummary): void {
    rmSync(this.#bodyPath(object.file), { force: true });
    rmSync(this.#recordPath(object.key), { force: true });
    this.#removeEmptyParents(object.file);
  }

  #bodyPath(file: string): string {
    return path.join(this.#bodies, file);
  }

  #recordPath(key: string): string {
    return path.join(this.#records, recordPlace(key));
  }

  #recordText(key: string): string | undefined {
    try {
      return readFileSync(this.#recordPath(key), 'utf8');
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  #writeRecord(key: string, text: string, id: string): void {
    const temporary = path.join(this.#temporary, `${id}.json`);
    const target = this.#recordPath(key);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(temporary, text);
    renameSync(temporary, target);
  }

  #placeBody(record: ObjectRecord): void {
    const target = this.#bodyPath(record.file);
    mkdirSync(path.dirname(target), { recursive: true });
    renameSync(path.join(this.#temporary, record.id), target);
  }

  // Ask the file system, not the keys: it may treat `A` and `a`, or two spellings of `é`, as one.
  #isFree(place: string): boolean {
    const target = this.#bodyPath(place);
    try {
      mkdirSync(path.dirname(target), { recursive: true });
      return lstatSync(target, { throwIfNoEntry: false }) === undefined;
    } catch (error) {
      if (hasCode(error, 'ENOTDIR', 'EEXIST')) return false;
      throw error;
    }
  }

  *#recordFiles(): Generator<string> {
    if (!existsSync(this.#records)) return;
    for (const folder of readdirSync(this.#records)) {
      for (const file of readdirSync(path.join(this.#records, folder))) {
        yield path.join(this.#records, folder, file);
      }
    }
  }

  #removeEmptyParents(file: string): void {
    const parent = path.posix.dirname(file);
    if (parent === '.') return;
    if (this.#removeIfEmpty(this.#bodyPath(parent))) this.#removeEmptyParents(parent);
  }

  #removeIfEmpty(folder: string): boolean {
    try {
      rmdirSync(folder);
      return true;
    } catch (error) {
      if (hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT', 'EPERM')) return false;
      throw error;
    }
  }
}
