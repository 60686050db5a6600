/**
 * Buckets and objects as folders and files.
 *
 * Everything that decides something (does the key exist, which files change, what the index says)
 * happens in one synchronous step, so that exactly one of several conditional puts of a key wins.
 * That holds for one server per root folder; two on the same one are not supported. Files may be
 * read by anyone at any time, and changed by hand only while no server runs.
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

/** A bucket and what is in it. */
export interface Bucket {
  readonly name: string;
  readonly createdAt: Date;
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

/** A body on its way in, in a temporary file. */
export interface StagedBody {
  readonly id: string;
  write(chunk: Uint8Array): Promise<void>;
  /** Ends writing; the body can be put now. */
  close(): Promise<void>;
  /** Throws the file away if it was not put. */
  discard(): Promise<void>;
}

/** All there is to say of an object that is put. */
export interface NewObject extends ObjectProperties, BodySummary {
  /** Of the {@link StagedBody}. */
  readonly id: string;
  readonly modified: number;
}

/** Throws the error of a condition that does not hold for the object of that key, if there is one. */
export type Precondition = (current: ObjectSummary | undefined) => void;

/** An object that is being read. */
export interface OpenObject {
  readonly record: ObjectRecord;
  /** For the caller to close. */
  readonly descriptor: number;
}

/** The objects under one root folder. */
export class FolderStore {
  readonly #root: string;
  readonly #buckets = new Map<string, Bucket>();

  /** Reads what is there, and ends what an earlier server on the folder left half done. */
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

  /** All buckets, by name. */
  buckets(): Bucket[] {
    const names = [...this.#buckets.keys()].sort();
    return names.map((name) => this.bucket(name));
  }

  /** @throws {S3Error} `NoSuchBucket` */
  bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket !== undefined) return bucket;
    throw new S3Error('NoSuchBucket', { fields: { BucketName: name } });
  }

  /** Makes a bucket, unless it is there already. */
  createBucket(name: string): void {
    if (!isBucketName(name)) {
      throw new S3Error('InvalidBucketName', { fields: { BucketName: name } });
    }
    if (!this.#buckets.has(name)) this.#load(name);
  }

  /** @throws {S3Error} `NoSuchBucket`, `BucketNotEmpty` */
  deleteBucket(name: string): void {
    const bucket = this.bucket(name);
    if (bucket.objects.size > 0) {
      throw new S3Error('BucketNotEmpty', { fields: { BucketName: name } });
    }
    bucket.folder.remove();
    this.#buckets.delete(name);
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
        // One call may take less than all of it.
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

  /** Puts a staged body at a key if the condition holds at that moment. */
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

  /** An object's record and its body of the same moment. */
  open(target: ObjectTarget): OpenObject {
    const record = this.read(target);
    const descriptor = this.bucket(target.bucket).folder.openBody(record);
    if (fstatSync(descriptor).size === record.size) return { record, descriptor };
    closeSync(descriptor);
    throw new S3Error('InternalError', {
      message: `the file of '${target.key}' was changed by somebody else`,
    });
  }

  replaceTags(target: ObjectTarget, tags: readonly Tag[]): void {
    const record: ObjectRecord = { ...this.read(target), tags };
    this.bucket(target.bucket).folder.replaceRecord(record);
  }

  /** Deletes an object; there need not be one. */
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
      createdAt: folder.createdAt(),
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
