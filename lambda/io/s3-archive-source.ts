import { pipeline, Readable, Transform } from 'node:stream';
import {
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { ArchiverError } from '../core/errors.ts';
import type { ArchiveSource, ListedObject } from '../core/object/archive-source.ts';
import type { CallOptions } from '../core/ports.ts';
import { callAws, callError, statusOf } from './aws-errors.ts';

/** Reads archived objects from an S3 bucket. */
export function createS3Source(
  client: S3Client,
  bucket: string,
  calls: CallOptions,
): ArchiveSource {
  async function* pages(
    prefix: string,
    delimiter?: string,
  ): AsyncGenerator<ListObjectsV2CommandOutput> {
    const call = { code: 'LOAD_FAILED', action: `list of '${bucket}'` } as const;
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({
        ...{ Bucket: bucket, Prefix: prefix, Delimiter: delimiter, ContinuationToken: token },
      });
      const page = await callAws(call, calls, (sent) => client.send(command, sent));
      yield page;
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  return {
    name: `'${bucket}'`,

    async listLevel(prefix) {
      const folders: string[] = [];
      const objects: ListedObject[] = [];
      for await (const page of pages(prefix, '/')) {
        folders.push(...(page.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix));
        objects.push(...objectsOf(page));
      }
      return { folders, objects };
    },

    async *listAll(prefix) {
      for await (const page of pages(prefix)) yield objectsOf(page);
    },

    async read(key) {
      const action = `get of '${key}'`;
      const { signal } = calls;
      const failure = (error: unknown) => {
        if (statusOf(error) !== 404 || (error as Error).name === 'NoSuchBucket' || signal.aborted) {
          return callError(error, { code: 'LOAD_FAILED', action, signal });
        }
        return new ArchiverError('LOAD_FAILED', `'${key}' does not exist in '${bucket}'`, {
          cause: error,
        });
      };
      try {
        const sent = { abortSignal: signal, requestTimeout: calls.attemptTimeout };
        const command = new GetObjectCommand({ Bucket: bucket, Key: key });
        const { Body, Metadata = {}, VersionId } = await client.send(command, sent);
        if (!(Body instanceof Readable)) throw new ArchiverError('LOAD_FAILED', 'no body');
        return {
          body: withErrors(Body, failure, signal),
          // S3 returns the text `null` for objects stored before versioning was turned on.
          versionId: VersionId,
          metadata: Metadata,
        };
      } catch (error) {
        throw failure(error);
      }
    },
  };
}

/** Passes a body on, with its errors converted. The client's abort signal ends with the answer's headers. */
function withErrors(
  body: Readable,
  failure: (error: unknown) => ArchiverError,
  signal: AbortSignal,
): Readable {
  const passed = new Transform({
    transform: (chunk, _, done) => done(null, chunk),
  });
  const stop = () => body.destroy(new ArchiverError('STORE_ABORTED', 'stopped'));
  signal.addEventListener('abort', stop, { once: true });
  body.once('error', (error) => passed.destroy(failure(error)));
  pipeline(body, passed, () => signal.removeEventListener('abort', stop));
  return passed;
}

function objectsOf({ Contents = [] }: ListObjectsV2CommandOutput): ListedObject[] {
  return Contents.map(({ Key = '', Size = 0 }) => ({ key: Key, bytes: Size }));
}
