import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { parseReplayMessage } from '../../../../lambda/core/failed-batch/replay-message.ts';
import type { InvokeOutcome } from '../../mapping/retry-policy.ts';
import type { QueueMappingEvent } from '../../replay/queue-mapping.ts';
import {
  type ReplayServiceOptions,
  replayQueues,
  startReplayService,
} from '../../replay/replay-service.ts';

const success: InvokeOutcome = { kind: 'returned', payload: '{"batchItemFailures":[]}' };

/** A service whose function is this one, in process. */
async function startService(
  invoke: (event: string) => Promise<InvokeOutcome>,
  parts: Partial<ReplayServiceOptions> = {},
) {
  const events: QueueMappingEvent[] = [];
  const service = await startReplayService({
    ...{ codeFolder: '', log: new PassThrough(), s3: { endpoint: 'http://127.0.0.1:1' } },
    ...{ archiveBucket: 'archive', failedBatchBucket: 'failed', objectPrefix: '' },
    ...{ timeFolder: 'hour', compression: 'gzip', serviceName: 'test' },
    ...{ delaySeconds: 0, visibilitySeconds: 30, replayRetrySeconds: 1 },
    wrapInvoke: () => invoke,
    observe: (event) => events.push(event),
    ...parts,
  });
  onTestFinished(() => service.close());
  return { service, events };
}

const objectOf = (key: string) => ({ bucket: 'failed', key, size: 1, etag: 'x' });

const pointersIn = (event: string) => {
  const { Records }: { Records: readonly { readonly body: string }[] } = JSON.parse(event);
  return Records.flatMap(({ body }) => parseReplayMessage(body));
};

describe('the replay service', () => {
  it('invokes the function with what it is told of', async () => {
    const invoked: string[] = [];
    const { events, service } = await startService(async (event) => {
      invoked.push(event);
      return success;
    });
    for (const key of ['a b', 'ö']) service.notify(objectOf(key));
    await vi.waitFor(() => expect(service.sqs.queue(replayQueues.replay).peek()).toEqual([]));
    expect(invoked.flatMap(pointersIn)).toEqual([
      { bucket: 'failed', key: 'a b' },
      { bucket: 'failed', key: 'ö' },
    ]);
    expect(events.map(({ type }) => type)).toContain('invoked');
  });

  it('has the stack’s batch size and tries where nothing else is said', async () => {
    const sizes: number[] = [];
    const { service } = await startService(async (event) => {
      sizes.push(pointersIn(event).length);
      return success;
    });
    for (let i = 0; i < 12; i++) service.notify(objectOf(`${i}`));
    await vi.waitFor(() => expect(sizes.reduce((sum, each) => sum + each, 0)).toBe(12));
    expect(Math.max(...sizes)).toBe(1);
    const { settings } = service.sqs.queue(replayQueues.replay);
    expect(settings).toMatchObject({
      ...{ delaySeconds: 0, visibilitySeconds: 30 },
      deadLetters: { maxReceiveCount: 10 },
    });
  });

  it('delays what is new', async () => {
    const { service } = await startService(async () => success, { delaySeconds: 900 });
    service.notify(objectOf('a'));
    const counts = service.sqs.queue(replayQueues.replay).counts();
    expect(counts).toEqual({ visible: 0, inFlight: 0, delayed: 1 });
  });

  it('gives up a message that was received too often', async () => {
    let invocations = 0;
    const { service } = await startService(
      async () => {
        invocations += 1;
        return { kind: 'failed', errorType: 'Sandbox.Timedout' };
      },
      { replayTries: 2, visibilitySeconds: 0 },
    );
    service.notify(objectOf('a'));
    const dead = service.sqs.queue(replayQueues.deadLetter);
    await vi.waitFor(() => expect(dead.peek()).toHaveLength(1));
    expect(dead.peek().flatMap(({ body }) => parseReplayMessage(body))).toEqual([
      { bucket: 'failed', key: 'a' },
    ]);
    expect(invocations).toBe(2);
  });

  it('awaits what is in the function when it is closed', async () => {
    const answer = Promise.withResolvers<InvokeOutcome>();
    const invoke = vi.fn(() => answer.promise);
    const { service } = await startService(invoke);
    service.notify(objectOf('a'));
    await vi.waitFor(() => expect(invoke).toHaveBeenCalled());
    let hasEnded = false;
    const closed = service.close().then(() => {
      hasEnded = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(hasEnded).toBe(false);
    answer.resolve(success);
    await closed;
    expect(service.sqs.queue(replayQueues.replay).peek()).toEqual([]);
  });
});
