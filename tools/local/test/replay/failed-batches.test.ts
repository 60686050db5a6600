import { PassThrough } from 'node:stream';
import { PutObjectCommand, PutObjectTaggingCommand, type S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { eventually } from '../../../../test/helpers/eventually.ts';
import type { InvokeOutcome } from '../../mapping/retry-policy.ts';
import type { FailedBatchEvent } from '../../replay/failed-batch-watch.ts';
import {
  type FailedBatchesOptions,
  type ReplayFailed,
  startFailedBatches,
} from '../../replay/failed-batches.ts';
import { keysOfEvent } from '../../replay/s3-event.ts';
import { bucket, startServer } from '../s3-server/running-server.ts';
import { noon } from '../source-records.ts';

const success: InvokeOutcome = { kind: 'returned', payload: 'null' };

const put = (client: S3Client, Key: string) =>
  client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'x' }));

const mark = (client: S3Client, Key: string) =>
  client.send(
    new PutObjectTaggingCommand({
      ...{ Bucket: bucket, Key },
      Tagging: { TagSet: [{ Key: 'status', Value: 'replayed' }] },
    }),
  );

/** Starts the failed batches of a bucket with an in-process function that gets their keys. */
async function start(
  invoke: (keys: readonly string[], client: S3Client) => Promise<InvokeOutcome>,
  parts: Partial<FailedBatchesOptions> = {},
) {
  const { client, endpoint } = await startServer();
  const events: (FailedBatchEvent | ReplayFailed)[] = [];
  const batches = await startFailedBatches({
    ...{ codeFolder: '', log: new PassThrough(), s3: { endpoint }, failedBatchBucket: bucket },
    ...{ archiveBucket: 'other', objectPrefix: '', timeFolder: 'hour', compression: 'gzip' },
    ...{ serviceName: 'test', delaySeconds: 0, visibilitySeconds: 30, replayRetrySeconds: 1 },
    now: () => noon,
    observe: (event) => events.push(event),
    wrapInvoke: () => (event) => {
      const { Records }: { Records: readonly { readonly body: string }[] } = JSON.parse(event);
      return invoke(
        Records.flatMap(({ body }) => keysOfEvent(body)),
        client,
      );
    },
    ...parts,
  });
  onTestFinished(() => batches.close());
  return { batches, client, events };
}

const entryOf = (key: string) => ({ bucket, key, size: 1, etag: 'x' });

describe('failed batches', () => {
  it('are replayed once they are announced', async () => {
    const { batches, client, events } = await start(async (keys, s3) => {
      for (const key of keys) await mark(s3, key);
      return success;
    });
    await put(client, 'a');
    batches.announce(entryOf('a'));
    expect(batches.watch.counts()).toEqual({ all: 1, waiting: 1, replayed: 0, dead: 0 });
    await eventually(async () => {
      await batches.watch.refresh();
      expect(batches.watch.counts()).toEqual({ all: 1, waiting: 0, replayed: 1, dead: 0 });
    });
    expect(events).toEqual([
      { type: 'kept', key: 'a' },
      { type: 'replayed', key: 'a', milliseconds: 0, tries: 1 },
    ]);
  });

  it('are dead once the queue has given them up, and each failure is reported', async () => {
    const { batches, events } = await start(
      async () => ({ kind: 'failed', errorType: 'Runtime.ExitError' }),
      { replayTries: 2, visibilitySeconds: 0 },
    );
    batches.announce(entryOf('a'));
    await eventually(async () => {
      await batches.watch.refresh();
      expect(batches.watch.counts()).toEqual({ all: 1, waiting: 0, replayed: 0, dead: 1 });
    });
    const failed = { type: 'replay failed', errorType: 'Runtime.ExitError' };
    expect(events).toMatchObject([
      { type: 'kept', key: 'a' },
      failed,
      failed,
      { type: 'dead', key: 'a', code: '' },
    ]);
  });

  it('of earlier runs are restored, except those that were replayed', async () => {
    const asked: string[] = [];
    const { batches, client } = await start(async (keys) => {
      asked.push(...keys);
      return success;
    });
    for (const key of ['a', 'b', 'c']) await put(client, key);
    await mark(client, 'b');
    expect(await batches.restore()).toBe(2);
    await eventually(() => expect(asked.sort()).toEqual(['a', 'c']));
    expect(batches.watch.counts()).toMatchObject({ all: 2, waiting: 2 });
  });

  it('that were replayed last are known of after the end', async () => {
    const answer = Promise.withResolvers<InvokeOutcome>();
    const invoke = vi.fn(() => answer.promise);
    const { batches, client } = await start(invoke);
    await put(client, 'a');
    batches.announce(entryOf('a'));
    await eventually(() => expect(invoke).toHaveBeenCalled());
    const closed = batches.close();
    await mark(client, 'a');
    answer.resolve(success);
    await closed;
    expect(batches.watch.counts()).toMatchObject({ waiting: 0, replayed: 1 });
  });
});
