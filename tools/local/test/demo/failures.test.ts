import { describe, expect, it } from 'vitest';
import { DemoFailures } from '../../demo/failures.ts';
import { type DemoOptions, parseDemoOptions } from '../../demo/options.ts';
import type { MappingEvent } from '../../mapping/event-source-mapping.ts';
import { mappingSettings } from '../../mapping/settings.ts';
import type { S3RequestInfo } from '../../s3-server/server.ts';
import { batchRecords, noon } from '../source-records.ts';

const outagePlace = { bucket: 'archive', stream: 'stream' };

/** Failures of a run with these flags, before it has started, and what they print. */
function failuresOf(...flags: readonly string[]) {
  const printed: string[] = [];
  const failures = new DemoFailures(parseDemoOptions(flags, {}) as DemoOptions, outagePlace, {
    now: () => noon,
    print: (line) => printed.push(line),
  });
  return { failures, printed };
}

const put: S3RequestInfo = { operation: 'PutObject', bucket: 'archive', key: 'a' };
const slowDown = { kind: 'error', status: 503, code: 'SlowDown' };

const invoked = (outcome: Extract<MappingEvent, { type: 'invoked' }>['outcome']): MappingEvent => ({
  ...{ type: 'invoked', records: 1, bytes: 1, milliseconds: 1, outcome },
});
const failed = invoked({ kind: 'failed', errorType: 'Error' });
const archived = invoked({ kind: 'returned', payload: 'null' });
const discarded: MappingEvent = {
  ...{ type: 'discarded', condition: 'RetryAttemptsExhausted', invokes: 2, delivered: true },
  records: batchRecords(1),
};

describe('a run with failures', () => {
  it('retries little and soon, and holds back one partition', () => {
    const { failures } = failuresOf('--fail-rate', '0.5', '--pollers', '2', '--batch-window', '0');
    expect(failures.mapping).toEqual(
      mappingSettings({
        ...{ mode: 'provisioned', batchSize: 50, batchWindow: 0, pollers: 2 },
        ...{ maximumRetryAttempts: 1, retryDelayMs: 300, mixPartitions: false },
      }),
    );
  });

  it('says what is to come', () => {
    const kept = 'batches of 50 records, 1 retry after 0.3 s; what fails for good is kept in x/';
    expect(failuresOf('--fail-rate', '0.07').failures.describe('x')).toEqual([
      `${kept} and replayed from there`,
      '7 % of the batches fail in the function, however often they are tried',
    ]);
    expect(failuresOf('--outage', '2m').failures.describe('x')).toEqual([
      `${kept} and replayed from there`,
      "an outage of 120 s comes after the first batch; the function's timeout is 7 s, so that it does not sit it out",
    ]);
  });

  it('has the function’s own timeout where no outage is to be sat out', () => {
    expect(failuresOf('--fail-rate', '1').failures.timeoutSeconds).toBeUndefined();
    expect(failuresOf('--outage', '1s').failures.timeoutSeconds).toBe(7);
  });

  it('lets the function alone where only the bucket fails', async () => {
    const invoke = () => Promise.resolve({ kind: 'throttled' } as const);
    expect(failuresOf('--outage', '1s').failures.wrapInvoke(invoke)).toBe(invoke);
    expect(await failuresOf('--fail-rate', '1').failures.wrapInvoke(invoke)('x')).toEqual({
      ...{ kind: 'failed', errorType: 'Runtime.ExitError' },
    });
  });

  it('has no failed batches before it starts', async () => {
    const { failures } = failuresOf('--fail-rate', '0.5');
    expect(failures.leftovers()).toEqual([]);
    expect(failures.figures()).toEqual({
      counts: { all: 0, waiting: 0, replayed: 0, dead: 0 },
      slowestMs: 0,
    });
    await failures.settle(() => undefined);
    await failures.close();
  });
});

describe('the outage of a run', () => {
  it('is that of the stream, where there is one', () => {
    const { failures, printed } = failuresOf('--outage', '10s', '--delivery', 'firehose');
    const call = { operation: 'PutRecordBatch', stream: 'stream', records: 1 };
    expect(failures.streamFault(call)).toBeUndefined();
    failures.observe(archived);
    expect(failures.s3Hooks.fault?.(put)).toBeUndefined();
    expect(failures.streamFault(call)).toEqual({
      ...{ kind: 'error', status: 503, code: 'ServiceUnavailableException' },
    });
    expect(printed).toEqual([
      "outage: for 10 s, stream 'stream' refuses every put (503 ServiceUnavailableException)",
    ]);
  });

  it.each([
    ['when the first batch is archived', archived],
    ['when the first batch is given up, where none was archived before', discarded],
  ])('begins %s', async (_, event) => {
    const { failures, printed } = failuresOf('--outage', '10s');
    const { fault } = failures.s3Hooks;
    failures.observe(failed);
    expect(await fault?.(put)).toBeUndefined();
    failures.observe(event);
    expect(await fault?.(put)).toEqual(slowDown);
    expect(await fault?.({ ...put, bucket: 'failed-batches' })).toBeUndefined();
    expect(printed).toHaveLength(1);
    await failures.close();
  });

  it('is none where none is asked for', async () => {
    const { failures } = failuresOf('--fail-rate', '1');
    failures.observe(archived);
    expect(await failures.s3Hooks.fault?.(put)).toBeUndefined();
  });
});
