import { describe, expect, it } from 'vitest';
import { EmulateStatus } from '../../emulate/status.ts';
import type { KafkaEvent } from '../../kafka/kafka-topic.ts';
import type { InvokeOutcome } from '../../mapping/retry-policy.ts';
import type { FailedBatchEvent } from '../../replay/failed-batch-watch.ts';
import { batchRecords, noon } from '../source-records.ts';

const success: InvokeOutcome = { kind: 'returned', payload: 'null' };

/** A status with its output and a manual clock. */
function newStatus() {
  const clock = { now: noon };
  const printed: string[] = [];
  const status = new EmulateStatus(
    () => clock.now,
    (line) => printed.push(line),
  );
  const invoke = (records: number, outcome: InvokeOutcome, milliseconds = 20) =>
    status.mapping('orders', { type: 'invoked', records, bytes: 100, milliseconds, outcome });
  return { clock, printed, status, invoke };
}

describe('the line of status', () => {
  it('shows lags, rate, totals, the last batch and the last failure', () => {
    const { clock, invoke, printed, status } = newStatus();
    status.lag('orders', 5000);
    status.lag('payments', 0);
    status.lag('orders', 1_234_567);
    invoke(10_000, success, 1234.4);
    invoke(5, { kind: 'throttled' });
    invoke(2500, success, 99.6);
    invoke(5, { kind: 'failed', errorType: 'Sandbox.Timedout' });
    clock.now += 2000;
    expect(status.line()).toBe(
      [
        'archived 12,500',
        'failed 2',
        'lag orders 1,234,567, payments 0',
        '6,250 records/s',
        'last batch orders 2,500 records in 100 ms',
        'last failure Sandbox.Timedout',
      ].join(' · '),
    );
    expect(printed).toEqual([]);
  });

  it('shows all totals within 80 columns', () => {
    const { clock, status } = newStatus();
    status.failedBatches = { all: 9, waiting: 1, replayed: 7, dead: 1 };
    status.archived = 123_456;
    status.failures = 12;
    clock.now += 1000;
    const totals =
      'archived 123,456 · failed 12 · failed batches 9 (waiting 1, replayed 7, dead 1)';
    expect(status.line().slice(0, 80)).toContain(totals);
  });

  it('shows the rate since the previous line', () => {
    const { clock, invoke, status } = newStatus();
    const rates: (string | undefined)[] = [];
    for (const [records, milliseconds] of [
      [300, 1000],
      [0, 1000],
      [50, 500],
      [70, 0],
    ] as const) {
      if (records > 0) invoke(records, success);
      clock.now += milliseconds;
      rates.push(status.line().split(' · ')[3]);
    }
    expect(rates).toEqual(['300 records/s', '0 records/s', '100 records/s', '0 records/s']);
  });
});

describe('records given up', () => {
  it.each([
    [true, 'orders: 2,000 records given up (RetryAttemptsExhausted), kept as a failed batch'],
    [false, 'orders: 2,000 records given up (RetryAttemptsExhausted), DROPPED'],
  ])('are printed at once, delivered %s', (delivered, line) => {
    const { printed, status } = newStatus();
    const condition = 'RetryAttemptsExhausted';
    const records = batchRecords(2000);
    for (let i = 0; i < 2; i++) {
      status.mapping('orders', { type: 'discarded', condition, records, invokes: 3, delivered });
    }
    expect(printed).toEqual([line, line]);
    expect(status.discarded).toBe(4000);
    expect(status.archived).toBe(0);
  });
});

describe('failed batches', () => {
  it('are counted in the line of status', () => {
    const { status } = newStatus();
    status.failedBatches = { all: 6, waiting: 3, replayed: 2, dead: 1 };
    expect(status.line()).toMatch(
      /^archived 0 · failed 0 · failed batches 6 \(waiting 3, replayed 2, dead 1\) · /,
    );
  });

  it.each<[FailedBatchEvent, string[]]>([
    [{ type: 'kept', key: 'aws/a' }, []],
    [
      { type: 'replayed', key: 'aws/a', milliseconds: 61_200, tries: 3 },
      ['failed batch replayed in attempt 3, after 61 s: aws/a'],
    ],
    [
      { type: 'dead', id: '1', key: 'aws/a', code: 'NO_PAYLOAD', reason: 'nothing to replay' },
      ['DEAD LETTER (NO_PAYLOAD): aws/a: nothing to replay'],
    ],
    [
      { type: 'dead', id: '1', key: 'aws/a', code: '', reason: '' },
      ['DEAD LETTER (given up by the queue): aws/a: '],
    ],
    [
      { type: 'dead', id: '1', key: '', code: 'INVALID_MESSAGE', reason: 'not JSON' },
      ['DEAD LETTER (INVALID_MESSAGE): no failed batch: not JSON'],
    ],
  ])('are printed: %j', (event, lines) => {
    const { printed, status } = newStatus();
    status.replay(event);
    expect(printed).toEqual(lines);
  });
});

describe('events of the cluster', () => {
  const outOfRange = { type: 'out of range', partition: 2 } as const;
  it.each<[KafkaEvent, string]>([
    [{ type: 'assigned', partitions: [0, 2] }, 'orders: poller has partitions 0, 2'],
    [{ type: 'assigned', partitions: [] }, 'orders: poller has partitions none'],
    [
      { type: 'starting position ignored', partitions: [0] },
      'orders: the group continues from its committed offsets; --starting-position has no effect',
    ],
    [
      { ...outOfRange, from: 5, to: 1205, lost: 1200 },
      'orders-2: OFFSET OUT OF RANGE: 5 is not in the log; 1,200 offsets were deleted before they were read; continues at 1205',
    ],
    [
      { ...outOfRange, from: 50, to: 20, lost: 0 },
      'orders-2: OFFSET OUT OF RANGE: 50 is not in the log; continues at 20',
    ],
    [
      { ...outOfRange, from: 50, to: 0, lost: 0 },
      'orders-2: OFFSET OUT OF RANGE: 50 is not in the log; continues at 0',
    ],
    [
      { ...outOfRange, from: 5, to: undefined, lost: 7 },
      'orders-2: OFFSET OUT OF RANGE: 5 is not in the log; 7 offsets were deleted before they were read; stops',
    ],
  ])('are printed each time: %j', (event, line) => {
    const { printed, status } = newStatus();
    status.kafka('orders', event);
    status.kafka('orders', event);
    expect(printed).toEqual([line, line]);
  });
});

describe('a problem', () => {
  it.each<[string, (status: EmulateStatus) => void]>([
    [
      'orders: fetching records failed, will be retried: no broker',
      (status) =>
        status.kafka('orders', {
          type: 'error',
          doing: 'fetching records',
          error: new Error('no broker'),
        }),
    ],
    [
      'orders: commit failed, will be retried',
      (status) => status.mapping('orders', { type: 'commit failed' }),
    ],
    [
      'the replay function failed (Sandbox.Timedout), will be retried',
      (status) => status.replay({ type: 'replay failed', errorType: 'Sandbox.Timedout' }),
    ],
    [
      'orders: destination failed, will be retried',
      (status) => status.mapping('orders', { type: 'destination failed', attempt: 1 }),
    ],
  ])('is printed once in ten seconds: %s', (line, happen) => {
    const { clock, printed, status } = newStatus();
    const counts = [0, 1, 9998, 1, 9999, 1].map((later) => {
      clock.now += later;
      happen(status);
      return printed.length;
    });
    expect(counts).toEqual([1, 1, 1, 2, 2, 3]);
    expect(new Set(printed)).toEqual(new Set([line]));
  });
});
