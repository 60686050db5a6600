import { addAbortSignal, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { ArchiverError } from '../core/errors.ts';
import type { CallOptions } from '../core/ports.ts';
import { callError, statusOf } from './aws-errors.ts';

/** An object's text, and the entity tag by which it is replaced. */
export interface VersionedText {
  readonly text: string;
  readonly version: string;
}

/** Small objects that several writers replace, each only the version that it has read. */
export interface VersionedTexts {
  /**
   * @returns undefined if the object does not exist
   * @throws {ArchiverError} `LOAD_FAILED` or `STORE_ABORTED`
   */
  load(key: string, options: CallOptions): Promise<VersionedText | undefined>;
  /**
   * Replaces the version that was loaded, or creates the object if that is undefined.
   *
   * @returns false if another writer was faster: nothing is saved then
   * @throws {ArchiverError} `STORE_WRITE_FAILED` or `STORE_ABORTED`
   */
  save(
    key: string,
    { text, version }: { readonly text: string; readonly version: string | undefined },
    options: CallOptions,
  ): Promise<boolean>;
}

/** Statuses of a conditional write that found another object, or one being written: 404 where it was deleted. */
const CONFLICTS: readonly (number | undefined)[] = [404, 409, 412];

/**
 * Stores JSON in an S3 bucket, with conditional writes.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 *
 * @param client retries what is retryable
 */
export function createVersionedTexts(client: S3Client, bucket: string): VersionedTexts {
  async function load(key: string, { attemptTimeout, signal }: CallOptions) {
    const action = `get of '${key}'`;
    try {
      const command = new GetObjectCommand({ Bucket: bucket, Key: key });
      const sent = { abortSignal: signal, requestTimeout: attemptTimeout };
      const { Body, ETag = '' } = await client.send(command, sent);
      if (!(Body instanceof Readable)) throw new ArchiverError('LOAD_FAILED', `${action}: no body`);
      // The client's own abort signal has no effect once it has the headers of the answer.
      return { text: await text(addAbortSignal(signal, Body)), version: ETag };
    } catch (error) {
      if (statusOf(error) === 404 && (error as Error).name !== 'NoSuchBucket') return undefined;
      throw error instanceof ArchiverError
        ? error
        : callError(error, { code: 'LOAD_FAILED', action, signal });
    }
  }

  return {
    load,

    async save(key, { text: body, version }, options) {
      const { attemptTimeout, signal } = options;
      const command = new PutObjectCommand({
        ...{ Bucket: bucket, Key: key, Body: body, ContentType: 'application/json' },
        ...(version === undefined ? { IfNoneMatch: '*' } : { IfMatch: version }),
      });
      try {
        await client.send(command, { abortSignal: signal, requestTimeout: attemptTimeout });
        return true;
      } catch (error) {
        const isConflict = CONFLICTS.includes(statusOf(error));
        if (!isConflict || (error as Error).name === 'NoSuchBucket') {
          const action = `put of '${key}'`;
          throw callError(error, { code: 'STORE_WRITE_FAILED', action, signal });
        }
        // A retry finds the object that an attempt before it has stored, if the answer to that was lost.
        return (await load(key, options))?.text === body;
      }
    },
  };
}
