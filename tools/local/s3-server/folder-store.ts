/**
 * Buckets and objects as folders and files.
 *
 * Every decision (whether the key exists, which files change, what the index contains) is one
 * synchronous step, so that exactly one of several conditional puts of a key succeeds. Only one
 * server may use a root folder at a time. Its files may be read at any time, and edited by hand only
 * while no server runs.
 *
 * @module
 */

import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import path from 'node:path';
import { BucketFolder, temporaryFolder } from './bucket-folder.ts';
import type { BodySummary } from './checksums.ts';
import { S3Error } from './errors.ts';
import { isBucketName, SERVER_FOLDER } from './key-place.ts';
import {
  type ObjectProperties,
  type ObjectRecord,
  type ObjectSummary,
  summaryOf,
  type Tag,
} from './object-record.ts';
import { SortedKeys } from './sorted-keys.ts';

/** A bucket and its objects. */
export interface Bucket {
  readonly name: string;
  readonly objects: Map<string, ObjectSummary>;
  /** The keys of `objects`, in S3's order. */
  readonly keys: SortedKeys;
  readonly folder: BucketFolder;
}

/** The name of an object. */
export interface ObjectTarget {
  readonly bucket: string;
  readonly key: string;
}

/** A body being received into a temporary file. */
export interface StagedBody {
  readonly id: string;
  write(chunk: Uint8Array): Promise<void>;
  /** Finishes writing, after which the body can be put. */
  close(): Promise<void>;
  /** Deletes the file of a body that was not put. */
  discard(): Promise<void>;
}

/** An object to put. */
export interface NewObject extends ObjectProperties, BodySummary {
  /** Id of the {@link StagedBody}. */
  readonly id: string;
  readonly modified: number;
}

/** Throws if the current object with the key, if any, does not meet the condition. */
export type Precondition = (current: ObjectSummary | undefined) => void;

/** An object opened for reading. */
export interface OpenObject {
  readonly record: ObjectRecord;
  /** The caller must close it. */
  readonly descriptor: number;
}

/** The objects under one root folder. */
export class FolderStore {
  readonly #root: string;
  readonly #buckets = new Map<string, Bucket>();

  /** Reads the folder, and finishes what an earlier server left unfinished. */
  constructor(root: string) {
    this.#root = path.resolve(root);
    const temporary = temporaryFolder(this.#root);
    mkdirSync(temporary, { recursive: true });
    for (const entry of readdirSync(this.#root, { withFileTypes: true })) {
      if (entry.isDirectory() && isBucketName(entry.name)) this.#load(entry.name);
    }
    for (const name of readdirSync(path.join(this.#root, SERVER_FOLDER))) {
      const isLitter = isBucketName(name) && !this.#buckets.has(name);
      if (isLitter) rmSync(path.join(this.#root, SERVER_FOLDER, name), { recursive: true });
    }
    rmSync(temporary, { recursive: true });
    mkdirSync(temporary);
  }

  /** @throws {S3Error} `NoSuchBucket` */
  bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket !== undefined) return bucket;
    throw new S3Error('NoSuchBucket', { fields: { BucketName: name } });
  }

  /** Creates a bucket, unless it exists. */
  createBucket(name: string): void {
    if (!isBucketName(name)) {
      throw new S3Error('InvalidBucketName', { fields: { BucketName: name } });
    }
    if (!this.#buckets.has(name)) this.#load(name);
  }

  /** Opens a temporary file for a body. */
  async stage(): Promise<StagedBody> {
    const id = randomUUID();
    const file = path.join(temporaryFolder(this.#root), id);
    const handle = await open(file, 'wx');
    let isOpen = true;
    const close = async () => {
      if (isOpen) await handle.close();
      isOpen = false;
    };
    return {
      id,
      close,
      async write(chunk) {
        // One call may write only a part.
        for (let done = 0; done < chunk.length; ) {
          done += (await handle.write(chunk, done)).bytesWritten;
        }
      },
      async discard() {
        await close();
        await unlink(file);
      },
    };
  }

  /** Puts a staged body at a key if the precondition holds at that moment. */
  put(target: ObjectTarget, object: NewObject, precondition: Precondition): void {
    const { key } = target;
    const bucket = this.bucket(target.bucket);
    const current = bucket.objects.get(key);
    precondition(current);
    const file = current?.file ?? bucket.folder.placeFor(key);
    const record: ObjectRecord = { ...object, key, file };
    bucket.folder.commit(record);
    this.#index(bucket, record);
  }

  /** @throws {S3Error} `NoSuchBucket`, `NoSuchKey` */
  find(target: ObjectTarget): ObjectSummary {
    const object = this.bucket(target.bucket).objects.get(target.key);
    if (object !== undefined) return object;
    throw new S3Error('NoSuchKey', { fields: { Key: target.key } });
  }

  /** @throws {S3Error} `NoSuchBucket`, `NoSuchKey` */
  read(target: ObjectTarget): ObjectRecord {
    const { key } = this.find(target);
    return this.bucket(target.bucket).folder.readRecord(key);
  }

  /** Opens an object's record and body, which belong to the same put. */
  open(target: ObjectTarget): OpenObject {
    const record = this.read(target);
    const descriptor = this.bucket(target.bucket).folder.openBody(record);
    if (fstatSync(descriptor).size === record.size) return { record, descriptor };
    closeSync(descriptor);
    throw new S3Error('InternalError', {
      message: `the file of '${target.key}' was modified outside the server`,
    });
  }

  replaceTags(target: ObjectTarget, tags: readonly Tag[]): void {
    const record: ObjectRecord = { ...this.read(target), tags };
    this.bucket(target.bucket).folder.replaceRecord(record);
  }

  /** Deletes an object, if it exists. */
  delete(target: ObjectTarget): void {
    const bucket = this.bucket(target.bucket);
    const object = bucket.objects.get(target.key);
    if (object === undefined) return;
    bucket.folder.deleteObject(object);
    bucket.objects.delete(target.key);
    bucket.keys.delete(target.key);
  }

  #load(name: string): void {
    const folder = new BucketFolder(this.#root, name);
    folder.create();
    const bucket: Bucket = {
      name,
      objects: new Map(),
      keys: new SortedKeys(),
      folder,
    };
    for (const record of folder.recover()) this.#index(bucket, record);
    this.#buckets.set(name, bucket);
  }

  #index(bucket: Bucket, record: ObjectRecord): void {
    bucket.objects.set(record.key, summaryOf(record));
    bucket.keys.add(record.key);
  }
}
