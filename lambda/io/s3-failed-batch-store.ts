import { addAbortSignal, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import {
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListObjectsV2Command,
  PutObjectTaggingCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { MAX_FAILED_BATCH_BYTES, REPLAYED, failedBatchTags as tags } from '../contract.ts';
import { ArchiverError, type ErrorCode } from '../core/errors.ts';
import { parseFailedBatch, parseFailedBatchHead } from '../core/failed-batch/failed-batch.ts';
import type { FailedBatchPointer } from '../core/failed-batch/replay-message.ts';
import type {
  CallOptions,
  FailedBatchListing,
  FailedBatchStore,
  LoadedEntry,
} from '../core/ports.ts';
import { callAws, callError, statusOf } from './aws-errors.ts';

/** Bytes of an entry that nearly always include everything before its payload. */
const HEAD_BYTES = 64 * 1024;

/** Entries of one page: few enough that a page takes some seconds at most. */
const PAGE_ENTRIES = 250;

/**
 * Accesses the failed batches in the S3 bucket that the event source mapping writes them to: one object each,
 * which is tagged once it is replayed or dismissed. An object of 0 bytes, such as a folder that S3's console creates, is
 * none and is not listed.
 *
 * @param client retries what is retryable
 */
export function createS3FailedBatchStore(
  client: S3Client,
  bucket: string,
): FailedBatchStore & FailedBatchListing {
  async function read(
    { key, versionId }: FailedBatchPointer,
    { signal, attemptTimeout }: CallOptions,
    range?: string,
  ): Promise<LoadedEntry> {
    const place = { Bucket: bucket, Key: key, VersionId: versionId };
    const action = `get of '${key}'`;
    try {
      const sent = { abortSignal: signal, requestTimeout: attemptTimeout };
      const {
        Body,
        ContentLength = 0,
        VersionId,
      } = await client.send(new GetObjectCommand({ ...place, Range: range }), sent);
      if (!(Body instanceof Readable)) throw new ArchiverError('LOAD_FAILED', `${action}: no body`);
      // The client's own abort signal has no effect once it has the headers of the answer.
      const body = addAbortSignal(signal, Body);
      if (ContentLength > MAX_FAILED_BATCH_BYTES) {
        body.destroy();
        const most = `more than ${MAX_FAILED_BATCH_BYTES}`;
        throw new ArchiverError(
          'NOT_A_FAILED_BATCH',
          `'${key}' has ${ContentLength} bytes, ${most}`,
        );
      }
      // The version that is marked later is the one that was read, even if a newer one exists by then.
      const pointer = { bucket, key, versionId: versionId ?? VersionId };
      return { text: await text(body), pointer };
    } catch (error) {
      if (error instanceof ArchiverError) throw error;
      throw readError(error, { key, action, signal });
    }
  }

  async function summaryOf(pointer: FailedBatchPointer, options: CallOptions) {
    const head = await read(pointer, options, `bytes=0-${HEAD_BYTES - 1}`);
    return parseFailedBatchHead(head.text) ?? parseFailedBatch((await read(pointer, options)).text);
  }

  return {
    load: (pointer, options) => read(pointer, options),

    async markReplayed({ key, versionId }, { at, objects }, options) {
      const command = new PutObjectTaggingCommand({
        Bucket: bucket,
        Key: key,
        VersionId: versionId,
        Tagging: {
          TagSet: [
            // The lifecycle rule expires entries by this tag.
            { Key: tags.status, Value: REPLAYED },
            ...(objects === undefined
              ? [{ Key: tags.dismissedAt, Value: at }]
              : [
                  { Key: tags.replayedAt, Value: at },
                  { Key: tags.objects, Value: String(objects) },
                ]),
          ],
        },
      });
      const action =
        objects === undefined
          ? `marking '${key}' as dismissed`
          : `records are stored, but marking '${key}' as replayed`;
      await callAws({ code: 'MARK_FAILED', action }, options, (sent) => client.send(command, sent));
    },

    async list({ prefix, after }, options) {
      const command = new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        StartAfter: after,
        MaxKeys: PAGE_ENTRIES,
      });
      const { Contents = [], IsTruncated } = await callAws(
        { code: 'LOAD_FAILED', action: `list of '${bucket}'` },
        options,
        (sent) => client.send(command, sent),
      );
      const objects = Contents.map(({ Key = '', LastModified, Size = 0 }) => ({
        bucket,
        key: Key,
        failedAt: LastModified?.getTime() ?? 0,
        bytes: Size,
      }));
      const entries = objects.filter(({ bytes }) => bytes > 0);
      return { entries, next: IsTruncated ? objects.at(-1)?.key : undefined };
    },

    async mark({ key, versionId }, { signal, attemptTimeout }) {
      const command = new GetObjectTaggingCommand({
        Bucket: bucket,
        Key: key,
        VersionId: versionId,
      });
      try {
        const sent = { abortSignal: signal, requestTimeout: attemptTimeout };
        const { TagSet = [] } = await client.send(command, sent);
        const values = new Map(TagSet.map(({ Key, Value }) => [Key, Value]));
        if (values.get(tags.status) !== REPLAYED) return undefined;
        const objects = values.get(tags.objects);
        return objects === undefined
          ? { at: values.get(tags.dismissedAt) ?? '', objects }
          : { at: values.get(tags.replayedAt) ?? '', objects: Number(objects) };
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw callError(error, { code: 'LOAD_FAILED', action: `tags of '${key}'`, signal });
      }
    },

    async summary(pointer, options) {
      try {
        return await summaryOf(pointer, options);
      } catch (error) {
        // If S3 refuses the request, the content is unknown, which is another matter.
        if (error instanceof ArchiverError && noFailedBatch.includes(error.code)) return undefined;
        throw error;
      }
    },
  };
}

/** Codes of objects that are missing or are not failed batches. */
const noFailedBatch: readonly ErrorCode[] = [
  'FAILED_BATCH_NOT_FOUND',
  'FAILED_BATCH_UNREADABLE',
  'NOT_A_FAILED_BATCH',
];

interface FailedRead {
  readonly key: string;
  readonly action: string;
  readonly signal: AbortSignal;
}

function readError(cause: unknown, { key, action, signal }: FailedRead): ArchiverError {
  if (isMissing(cause) && !signal.aborted) {
    const why = 'it was deleted by hand, or it was replayed and has expired since';
    return new ArchiverError('FAILED_BATCH_NOT_FOUND', `'${key}' does not exist: ${why}`, {
      cause,
    });
  }
  // S3 serves no range of an object of 0 bytes.
  if (statusOf(cause) === 416) {
    return new ArchiverError('NOT_A_FAILED_BATCH', `'${key}' is empty`, { cause });
  }
  return callError(cause, { code: 'LOAD_FAILED', action, signal });
}

/** Whether the object does not exist; a missing bucket is another matter. */
function isMissing(cause: unknown): boolean {
  return statusOf(cause) === 404 && !(cause instanceof Error && cause.name === 'NoSuchBucket');
}
