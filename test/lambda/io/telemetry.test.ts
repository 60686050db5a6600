import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { METRIC_NAMESPACE, metricNames, stackMetricNames } from '../../../lambda/contract.ts';
import { createTelemetry } from '../../../lambda/io/telemetry.ts';
import {
  type AllArchiveSettings,
  archiveHandler,
  archiveParts,
  invocation,
} from '../../helpers/archive-parts.ts';
import { mskEvent, mskRecord, mskRecords, noon } from '../../helpers/kafka-events.ts';

/** Bytes that no line may contain. */
const secrets = ['secret-key', 'secret-value', 'secret-header'];
const records = mskRecords(100, 2, {
  key: 'secret-key',
  value: '"secret-value"',
  headers: [['h', 'secret-header']],
});

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

function parts(logLevel: 'DEBUG' | 'INFO' = 'INFO', settings: Partial<AllArchiveSettings> = {}) {
  const { deps, store } = archiveParts(settings);
  const logger = new Logger({ serviceName: 'shop', logLevel });
  const metrics = new Metrics({ namespace: METRIC_NAMESPACE, serviceName: 'shop' });
  const telemetry = createTelemetry(logger, metrics);
  return { store, handler: archiveHandler({ ...deps, telemetry }) };
}

const lines = () => printed.map((line) => JSON.parse(line));
const logs = () => lines().filter((line) => 'message' in line);
const metricLines = () => lines().filter((line) => '_aws' in line);
const emittedBy = (line: ReturnType<typeof JSON.parse>): string[] =>
  line._aws.CloudWatchMetrics[0].Metrics.map(({ Name }: { Name: string }) => Name).sort();

describe('telemetry', () => {
  it('writes one line for each invocation, with its figures', async () => {
    await parts().handler(mskEvent(records), invocation);
    expect(logs()).toEqual([
      expect.objectContaining({
        level: 'INFO',
        message: 'batch archived',
        service: 'shop',
        requestId: 'request-1',
        topic: 'orders',
        runs: [{ partition: 3, firstOffset: 100, lastOffset: 101, records: 2 }],
        records: 2,
        objects: 1,
      }),
    ]);
  });

  it('writes one more line for each object at level debug', async () => {
    await parts('DEBUG').handler(mskEvent(records), invocation);
    expect(logs()).toMatchObject([
      {
        level: 'DEBUG',
        message: 'object stored',
        key: expect.stringContaining('/p3.100-101.'),
        outcome: 'stored',
      },
      { message: 'batch archived' },
    ]);
  });

  it('emits every metric of an invocation in one line by topic, zeros included', async () => {
    await parts().handler(
      mskEvent([...records, mskRecord({ offset: 102, timestamp: -1 })]),
      invocation,
    );
    const [line, ...more] = metricLines().filter(({ topic }) => topic !== undefined);
    expect(more).toEqual([]);
    expect(line).toMatchObject({
      service: 'shop',
      topic: 'orders',
      Records: 3,
      Objects: 2,
      AlreadyStored: 0,
      KeyConflicts: 0,
      InvalidTimestamps: 1,
      FailedObjects: 0,
      OldestRecordAge: 5,
    });
    const [{ Namespace, Dimensions }] = line._aws.CloudWatchMetrics;
    expect({ Namespace, Dimensions }).toEqual({
      Namespace: 'MskS3Archiver',
      Dimensions: [['service', 'topic']],
    });
    // Without a stream.
    const { streamRecords, streamRejections, ...always } = metricNames;
    expect(emittedBy(line)).toEqual(Object.values(always).sort());
    for (const name of Object.values(always)) expect(line[name]).toEqual(expect.any(Number));
  });

  it('emits the metrics of the stack a second time, without the topic', async () => {
    await parts().handler(mskEvent(records), invocation);
    const [line, ...more] = metricLines().filter(({ topic }) => topic === undefined);
    expect(more).toEqual([]);
    expect(line).toMatchObject({ service: 'shop', KeyConflicts: 0, OldestRecordAge: 5 });
    expect(line._aws.CloudWatchMetrics[0].Dimensions).toEqual([['service']]);
    expect(emittedBy(line)).toEqual([...stackMetricNames].sort());
  });

  it('emits no age if no record has a valid timestamp, and never a negative one', async () => {
    const { handler } = parts();
    await handler(mskEvent([mskRecord({ timestamp: -1 })]), invocation);
    await handler(mskEvent([mskRecord({ offset: 101, timestamp: noon + 3_600_000 })]), invocation);
    const ages = metricLines().map(({ OldestRecordAge }) => OldestRecordAge);
    expect(ages).toEqual([undefined, undefined, 0, 0]);
  });

  it('keeps the topic of one invocation out of the next', async () => {
    const { handler } = parts();
    await handler(mskEvent(records), invocation);
    await handler(mskEvent([mskRecord({ topic: 'payments' })]), invocation);
    await handler(mskEvent([]), invocation);
    expect(metricLines().map(({ topic, Records }) => [topic, Records])).toEqual([
      [undefined, undefined],
      ['orders', 2],
      [undefined, undefined],
      ['payments', 1],
      [undefined, 0],
    ]);
  });

  it('logs the first 20 failures of very many, and how many more there are', async () => {
    const { handler, store } = parts('INFO', { objectOf: 'partition' });
    store.fail = () => true;
    const many = Array.from({ length: 25 }, (_, partition) => mskRecord({ partition }));
    await expect(handler(mskEvent(many), invocation)).rejects.toThrow();
    const [line] = logs();
    expect(line).toMatchObject({ failedObjects: 25, moreFailures: 5 });
    expect(line.failures).toHaveLength(20);
  });

  it('logs at level error which offsets are not stored, and why', async () => {
    const { handler, store } = parts();
    store.fail = () => true;
    await expect(handler(mskEvent(records), invocation)).rejects.toThrow();
    expect(logs()).toEqual([
      expect.objectContaining({
        level: 'ERROR',
        message: 'batch not archived',
        failures: [
          {
            code: 'STORE_WRITE_FAILED',
            retryable: true,
            reason: 'orders-3 offsets 100 to 101: SlowDown, HTTP 503 (STORE_WRITE_FAILED)',
          },
        ],
      }),
    ]);
    expect(metricLines()[1]).toMatchObject({ Objects: 0, FailedObjects: 1, BytesStored: 0 });
  });

  it('logs at level error why a batch was refused', async () => {
    await expect(parts().handler({}, invocation)).rejects.toThrow();
    expect(logs()).toEqual([
      expect.objectContaining({
        level: 'ERROR',
        message: 'batch refused',
        requestId: 'request-1',
        code: 'INVALID_EVENT',
      }),
    ]);
  });

  it('never shows a key, a value or a header at any level, whatever fails', async () => {
    const { handler, store } = parts('DEBUG');
    await handler(mskEvent(records), invocation);
    store.fail = () => true;
    const event = mskEvent(records.map((record) => ({ ...record, offset: record.offset + 5 })));
    await expect(handler(event, invocation)).rejects.toThrow();
    const odd = { ...mskRecord(), value: 'secret-value!' };
    await expect(handler(mskEvent([odd]), invocation)).rejects.toThrow('STORE_WRITE_FAILED');
    const refused = mskEvent([{ ...odd, offset: 1.5 }]);
    await expect(handler(refused, invocation)).rejects.toThrow('not a Kafka event');
    expect(printed).toHaveLength(1 + 3 + 3 + 3 + 1);
    for (const secret of secrets) {
      expect(printed.join()).not.toContain(secret);
      expect(printed.join()).not.toContain(
        Buffer.from(secret).toString('base64').replace(/=*$/, ''),
      );
    }
  });
});
