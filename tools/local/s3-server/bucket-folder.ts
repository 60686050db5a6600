/**
 * The files of one bucket: bodies under `root/<bucket>`, records under `root/.s3/<bucket>`.
 *
 * A put ends with two renames, and a process may be killed between any two steps, so the record
 * decides. It names the temporary file its body is in:
 *
 * 1. The body is whole in `.tmp/<id>`. Killed here: the old object stands, the file is litter.
 * 2. The record is whole in `.tmp/<id>.json`. Killed here: the same.
 * 3. The record is renamed into its place. From here on the new object stands. Killed here: the
 *    next start finds the record and `.tmp/<id>`, and does step 4.
 * 4. The body is renamed into its place. An id is never used again, so a record whose `.tmp/<id>`
 *    is gone is done.
 *
 * A delete takes the body first: a record without a body is a delete to be ended. Nothing here
 * waits, so that within the server no request comes between two steps.
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
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { S3Error } from './errors.ts';
import { hashedPlace, plainPlace, recordPlace, SERVER_FOLDER } from './key-place.ts';
import { isObjectRecord, type ObjectRecord, type ObjectSummary } from './object-record.ts';

/** The folder of bodies and records on their way; a dot keeps it apart from buckets' records. */
export function temporaryFolder(root: string): string {
  return path.join(root, SERVER_FOLDER, '.tmp');
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function parseRecord(file: string): ObjectRecord {
  const record: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (isObjectRecord(record)) return record;
  throw new S3Error('InternalError', { message: `'${file}' is not the record of an object` });
}

/** One bucket's files. Every method ends before it returns. */
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

  createdAt(): Date {
    return statSync(this.#bodies).birthtime;
  }

  /**
   * Takes the folder of a bucket without objects away.
   *
   * @throws {S3Error} `BucketNotEmpty` where somebody else's files are in it.
   */
  remove(): void {
    this.#removeEmptyFolders(this.#bodies);
    if (existsSync(this.#bodies)) throw new S3Error('BucketNotEmpty');
    rmSync(this.#records, { recursive: true, force: true });
  }

  /**
   * Ends what a killed server left half done.
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

  /** Where a new object of this key goes: its own path, unless a file or a folder is in the way. */
  placeFor(key: string): string {
    const place = plainPlace(key);
    return place !== undefined && this.#isFree(place) ? place : hashedPlace(key);
  }

  /** Makes the object visible whose body is in `.tmp/<id>`, in place of the one of that key. */
  commit(record: ObjectRecord): void {
    const previous = this.#recordText(record.key);
    mkdirSync(path.dirname(this.#bodyPath(record.file)), { recursive: true });
    this.#writeRecord(record.key, JSON.stringify(record), record.id);
    try {
      this.#placeBody(record);
    } catch (error) {
      // Some systems cannot replace a file that is being read: then the old object has to stand.
      if (previous === undefined) unlinkSync(this.#recordPath(record.key));
      else this.#writeRecord(record.key, previous, record.id);
      throw error;
    }
  }

  /** Replaces what is known of an object whose body stays. */
  replaceRecord(record: ObjectRecord): void {
    this.#writeRecord(record.key, JSON.stringify(record), record.id);
  }

  readRecord(key: string): ObjectRecord {
    return parseRecord(this.#recordPath(key));
  }

  /** A descriptor of the body as it is now, whatever becomes of the object later. */
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

  // Asked of the disk, not of the keys: it may hold `A` and `a`, or two spellings of `é`, as one.
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

  #removeEmptyFolders(folder: string): void {
    if (!existsSync(folder)) return;
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) this.#removeEmptyFolders(path.join(folder, entry.name));
    }
    this.#removeIfEmpty(folder);
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
