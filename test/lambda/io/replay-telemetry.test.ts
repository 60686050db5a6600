import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { METRIC_NAMESPACE } from '../../../lambda/contract.ts';
import { ArchiverError } from '../../../lambda/core/errors.ts';
import { createReplayTelemetry } from '../../../lambda/io/replay-telemetry.ts';
import { createReplayHandler } from '../../../lambda/replay-handler.ts';
import { invocation } from '../../helpers/archive-parts.ts';
import { failedBatchOf } from '../../helpers/failed-batches.ts';
import { mskEvent, mskRecords } from '../../helpers/kafka-events.ts';
import { replayMessage, replayParts } from '../../helpers/replay-parts.ts';

/** Bytes that no line may contain. */
const secrets = ['secret-key', 'secret-value', 'secret-header'];
const event = mskEvent(
  mskRecords(100, 2, {
    key: 'secret-key',
    value: '"secret-value"',
    headers: [['h', 'secret-header']],
  }),
);

const printed: string[] = [];
beforeEach(() => {
  printed.length = 0;
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  for (const level of ['log', 'debug', 'info', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((line: string) => void printed.push(line));
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

function parts() {
  const all = replayParts();
  const logger = new Logger({ serviceName: 'shop', logLevel: 'DEBUG' });
  const metrics = new Metrics({ namespace: METRIC_NAMESPACE, serviceName: 'shop' });
  const telemetry = createReplayTelemetry(logger, metrics);
  const handler = createReplayHandler({ ...all.deps, telemetry });
  all.failedBatches.entries.set('batch', failedBatchOf(event));
  return { ...all, handler, told: telemetry };
}

const lines = () => printed.map((line) => JSON.parse(line));
const logs = () => lines().filter((line) => 'message' in line);
const metricLines = () => lines().filter((line) => '_aws' in line);
const dimensions = () =>
  metricLines().map(({ _aws }) => _aws.CloudWatchMetrics[0].Dimensions[0].sort());

describe('telemetry of the replay function', () => {
  it('reports a replayed batch', async () => {
    await parts().handler({ Records: [replayMessage('batch', 2)] }, invocation);
    expect(logs().filter(({ level }) => level !== 'DEBUG')).toMatchObject([
      {
        level: 'INFO',
        message: 'failed batch replayed',
        requestId: 'request-1',
        failedBatch: 'batch',
        condition: 'RetryAttemptsExhausted',
        tries: 2,
        topic: 'orders',
        runs: [{ partition: 3, firstOffset: 100, lastOffset: 101, records: 2 }],
      },
    ]);
    expect(metricLines()).toMatchObject([
      { service: 'shop', KeyConflicts: 0 },
      {
        service: 'shop',
        topic: 'orders',
        ReplayedBatches: 1,
        ReplayedRecords: 2,
        ReplayedObjects: 1,
        ReplayAlreadyStored: 0,
        KeyConflicts: 0,
      },
    ]);
    expect(dimensions()).toEqual([['service'], ['service', 'topic']]);
  });

  it('reports a retry and its delay', async () => {
    const { handler, store } = parts();
    store.fail = () => true;
    await handler({ Records: [replayMessage('batch')] }, invocation);
    expect(logs()).toMatchObject([
      {
        level: 'WARN',
        message: 'failed batch not replayed, tried again',
        failedBatch: 'batch',
        offsets: 'orders-3 offsets 100 to 101',
        code: 'STORE_WRITE_FAILED',
        retryable: true,
        againInSeconds: 60,
      },
    ]);
    expect(metricLines()).toMatchObject([{ service: 'shop', ReplayRetries: 1 }]);
  });

  it('leaves out the delay if the queue decides it', async () => {
    const { handler, queue, store } = parts();
    store.fail = () => true;
    queue.fails = true;
    await handler({ Records: [replayMessage('batch')] }, invocation);
    expect(logs()[0]).not.toHaveProperty('againInSeconds');
  });

  it('counts a dead letter by its reason, and the next batch by its topic alone', async () => {
    const { handler, failedBatches } = parts();
    failedBatches.entries.set('bad', '{secret-value');
    const Records = [replayMessage('bad'), replayMessage('batch')];
    await handler({ Records }, invocation);
    expect(logs()[0]).toMatchObject({
      level: 'ERROR',
      message: 'failed batch not replayed, in the dead-letter queue',
      failedBatch: 'bad',
      code: 'FAILED_BATCH_UNREADABLE',
      reason: 'the object is not JSON',
    });
    expect(metricLines()[0]).toMatchObject({ reason: 'FAILED_BATCH_UNREADABLE', DeadLetters: 1 });
    expect(dimensions()).toEqual([['reason', 'service'], ['service'], ['service', 'topic']]);
  });

  it('warns about a dead letter without a notification, and counts it once', async () => {
    const { handler, failedBatches, notifier } = parts();
    failedBatches.entries.set('bad', '{secret-value');
    notifier.failure = new ArchiverError('NOTIFY_FAILED', 'AuthorizationError, HTTP 403');
    await handler({ Records: [replayMessage('bad')] }, invocation);
    expect(logs()).toMatchObject([
      { level: 'ERROR', message: 'failed batch not replayed, in the dead-letter queue' },
      {
        level: 'WARN',
        message: 'dead letter without a notification',
        requestId: 'request-1',
        messageId: 'message of bad',
        failedBatch: 'bad',
        code: 'NOTIFY_FAILED',
        reason: 'AuthorizationError, HTTP 403',
      },
    ]);
    expect(metricLines()).toMatchObject([{ DeadLetters: 1 }]);
  });

  it('logs the stack of a defect, but not its message', async () => {
    const all = replayParts();
    const deliver = () => Promise.reject(new RangeError('secret-value'));
    const { told } = parts();
    const handler = createReplayHandler({ ...all.deps, delivery: { deliver }, telemetry: told });
    all.failedBatches.entries.set('batch', failedBatchOf(event));
    await handler({ Records: [replayMessage('batch')] }, invocation);
    expect(logs()[0]).toMatchObject({
      code: 'UNEXPECTED',
      stack: expect.stringMatching(
        /^ArchiverError: unexpected RangeError\n +at .*replay-telemetry/,
      ),
    });
    expect(printed.join('\n')).not.toContain('secret');
  });

  it('logs messages without a failed batch, and commands', () => {
    const { told } = parts();
    told.messageIgnored('request-1', 'message-1');
    told.commandDone('request-2', { enqueued: 3 });
    expect(logs()).toMatchObject([
      { message: 'message without a failed batch', requestId: 'request-1', messageId: 'message-1' },
      { message: 'replay command', requestId: 'request-2', enqueued: 3 },
    ]);
  });

  it('shows no key, value or header of a record', async () => {
    const { handler, notifier, store } = parts();
    await handler({ Records: [replayMessage('batch')] }, invocation);
    store.objects.clear();
    store.fail = () => true;
    await handler({ Records: [replayMessage('batch', 3)] }, invocation);
    expect(notifier.notifications).toHaveLength(1);
    printed.push(JSON.stringify(notifier.notifications));
    expect(printed.length).toBeGreaterThan(3);
    for (const secret of secrets) expect(printed.join('\n')).not.toContain(secret);
  });
});
