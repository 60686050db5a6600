import { describe, expect, it } from 'vitest';
import { DemoFailures } from '../../demo/failures.ts';
import type { DemoOptions } from '../../demo/options.ts';
import type { MappingEvent } from '../../mapping/event-source-mapping.ts';
import { mappingSettings } from '../../mapping/settings.ts';
import type { S3RequestInfo } from '../../s3-server/server.ts';
import { batchRecords, noon } from '../source-records.ts';
import { demoOptions } from './demo-options.ts';

const outagePlace = { bucket: 'archive', stream: 'stream' };

/** The failures of a run that has not started, and what they print. */
function failuresOf(parts: Partial<DemoOptions>) {
  const printed: string[] = [];
  const failures = new DemoFailures(demoOptions({ batchSize: 50, ...parts }), outagePlace, {
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
  it('retries once, soon, and blocks one partition', () => {
    const { failures } = failuresOf({ failRate: 0.5, pollers: 2, batchWindow: 0 });
    expect(failures.mapping).toEqual(
      mappingSettings({
        ...{ mode: 'provisioned', batchSize: 50, batchWindow: 0, pollers: 2 },
        ...{ maximumRetryAttempts: 1, retryDelayMs: 300, mixPartitions: false },
      }),
    );
  });

  it('announces its failures', () => {
    const kept =
      'batches of 50 records, 1 retry after 0.3 s; failed batches are kept in x/ and replayed';
    expect(failuresOf({ failRate: 0.07 }).failures.describe('x')).toEqual([
      kept,
      '7 % of the batches fail in every attempt',
    ]);
    expect(failuresOf({ outage: 120 }).failures.describe('x')).toEqual([
      kept,
      "an outage of 120 s begins after the first batch; the function's timeout is 7 s, too short to wait for its end",
    ]);
  });
});

describe('the outage of a run', () => {
  it('affects the stream, if there is one', () => {
    const { failures, printed } = failuresOf({
      outage: 10,
      stream: { bufferMiB: 1, bufferSeconds: 1 },
    });
    const call = { operation: 'PutRecordBatch', stream: 'stream', records: 1 };
    expect(failures.streamFault(call)).toBeUndefined();
    failures.observe(archived);
    expect(failures.s3Fault(put)).toBeUndefined();
    expect(failures.streamFault(call)).toEqual({
      ...{ kind: 'error', status: 503, code: 'ServiceUnavailableException' },
    });
    expect(printed).toEqual([
      "outage: for 10 s, stream 'stream' refuses every put (503 ServiceUnavailableException)",
    ]);
  });

  it.each([
    ['after the first batch is archived', archived],
    ['after the first batch is given up, if none was archived before', discarded],
  ])('begins %s', async (_, event) => {
    const { failures, printed } = failuresOf({ outage: 10 });
    const { s3Fault: fault } = failures;
    failures.observe(failed);
    expect(await fault(put)).toBeUndefined();
    failures.observe(event);
    expect(await fault(put)).toEqual(slowDown);
    expect(await fault({ ...put, bucket: 'failed-batches' })).toBeUndefined();
    expect(printed).toHaveLength(1);
    await failures.close();
  });
});
