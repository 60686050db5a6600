import { addAbortSignal, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { ledgerKey } from '../core/audit/derived-keys.ts';
import type { LedgerStore } from '../core/audit/ledger.ts';
import { ledgerJson, parseLedger } from '../core/audit/ledger-json.ts';
import { ArchiverError } from '../core/errors.ts';
import type { CallOptions } from '../core/ports.ts';
import { callError, statusOf } from './aws-errors.ts';

/** Where ledgers are stored. */
export interface S3LedgerStoreOptions {
  /** The bucket for derived data. */
  readonly derivedBucket: string;
  /** The setting `objectPrefix`: empty, or a path that ends with `/`. */
  readonly objectPrefix: string;
}

/** Statuses of a conditional write that found another object, or one being written: 404 where it was deleted. */
const CONFLICTS: readonly (number | undefined)[] = [404, 409, 412];

/**
 * Stores ledgers in an S3 bucket, with conditional writes: of two audits that have loaded the same ledger, one saves its
 * own. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 *
 * @param client retries what is retryable
 */
export function createS3LedgerStore(
  client: S3Client,
  { derivedBucket: bucket, objectPrefix }: S3LedgerStoreOptions,
): LedgerStore {
  /** Returns undefined if the object does not exist. */
  async function read(key: string, { attemptTimeout, signal }: CallOptions) {
    const action = `get of '${key}'`;
    try {
      const command = new GetObjectCommand({ Bucket: bucket, Key: key });
      const sent = { abortSignal: signal, requestTimeout: attemptTimeout };
      const { Body, ETag = '' } = await client.send(command, sent);
      if (!(Body instanceof Readable)) throw new ArchiverError('LOAD_FAILED', `${action}: no body`);
      // The client's own abort signal has no effect once it has the headers of the answer.
      return { json: await text(addAbortSignal(signal, Body)), version: ETag };
    } catch (error) {
      if (statusOf(error) === 404 && (error as Error).name !== 'NoSuchBucket') return undefined;
      throw error instanceof ArchiverError
        ? error
        : callError(error, { code: 'LOAD_FAILED', action, signal });
    }
  }

  return {
    async load(topic, options) {
      const key = ledgerKey({ objectPrefix, topic });
      const stored = await read(key, options);
      if (stored === undefined) return undefined;
      return { ledger: parseLedger(stored.json, key), version: stored.version };
    },

    async save(ledger, version, options) {
      const { attemptTimeout, signal } = options;
      const key = ledgerKey({ objectPrefix, topic: ledger.topic });
      const json = ledgerJson(ledger);
      const command = new PutObjectCommand({
        ...{ Bucket: bucket, Key: key, Body: json, ContentType: 'application/json' },
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
        return (await read(key, options))?.json === json;
      }
    },
  };
}
