import { describe, expect, it } from 'vitest';
import { EmulateStatus } from '../../emulate/status.ts';
import type { KafkaEvent } from '../../kafka/kafka-topic.ts';
import type { InvokeOutcome } from '../../mapping/retry-policy.ts';
import type { FailedBatchEvent } from '../../replay/failed-batch-watch.ts';
import { batchRecords, noon } from '../source-records.ts';

const success: InvokeOutcome = { kind: 'returned', payload: 'null' };

/** A status, what it has printed, and a clock that is set by hand. */
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
  it('is of nothing at first', () => {
    const { status } = newStatus();
    expect(status.line()).toBe(
      'lag unknown · 0 records/s · archived 0 · last batch none yet · failed 0',
    );
  });

  it('has lags, rate, sums, the last batch and the last failure', () => {
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
        'lag orders 1,234,567, payments 0',
        '6,250 records/s',
        'archived 12,500',
        'last batch orders 2,500 records in 100 ms',
        'failed 2 (Sandbox.Timedout)',
      ].join(' · '),
    );
    expect(printed).toEqual([]);
  });

  it('has the rate since the line before', () => {
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
      rates.push(status.line().split(' · ')[1]);
    }
    expect(rates).toEqual(['300 records/s', '0 records/s', '100 records/s', '0 records/s']);
  });

  it('says of a failure that the batch was throttled', () => {
    const { invoke, status } = newStatus();
    invoke(5, { kind: 'throttled' });
    expect(status.line()).toMatch(/ · failed 1 \(throttled\)$/);
  });
});

describe('records given up', () => {
  it.each([
    [true, 'orders: 2,000 records given up (RetryAttemptsExhausted), kept in the failed bucket'],
    [false, 'orders: 2,000 records given up (RetryAttemptsExhausted), DROPPED'],
  ])('are told at once, delivered %s', (delivered, line) => {
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
  it('are counted in the line of status, where they are kept', () => {
    const { status } = newStatus();
    status.failedBatches = { all: 6, waiting: 3, replayed: 2, dead: 1 };
    expect(status.line()).toMatch(
      / · failed 0 · failed batches 6 \(waiting 3, replayed 2, dead 1\)$/,
    );
  });

  it.each<[FailedBatchEvent, string[]]>([
    [{ type: 'kept', key: 'aws/a' }, []],
    [
      { type: 'replayed', key: 'aws/a', milliseconds: 61_200, tries: 3 },
      ['failed batch replayed at try 3, after 61 s: aws/a'],
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
  ])('are told of: %j', (event, lines) => {
    const { printed, status } = newStatus();
    status.replay(event);
    expect(printed).toEqual(lines);
  });
});

describe('what happens at the cluster', () => {
  const outOfRange = { type: 'out of range', partition: 2 } as const;
  it.each<[KafkaEvent, string]>([
    [{ type: 'assigned', partitions: [0, 2] }, 'orders: poller has partitions 0, 2'],
    [{ type: 'assigned', partitions: [] }, 'orders: poller has partitions none'],
    [
      { type: 'starting position ignored', partitions: [0] },
      'orders: warning: the group has committed offsets and goes on from them; the starting position is ignored',
    ],
    [
      { ...outOfRange, from: 5, to: 1205, lost: 1200 },
      'orders-2: OFFSET OUT OF RANGE: 5 is not in the log; 1,200 offsets were deleted before they were read; goes on at 1205',
    ],
    [
      { ...outOfRange, from: 50, to: 20, lost: 0 },
      'orders-2: OFFSET OUT OF RANGE: 50 is not in the log; goes on at 20',
    ],
    [
      { ...outOfRange, from: 50, to: 0, lost: 0 },
      'orders-2: OFFSET OUT OF RANGE: 50 is not in the log; goes on at 0',
    ],
    [
      { ...outOfRange, from: 5, to: undefined, lost: 7 },
      'orders-2: OFFSET OUT OF RANGE: 5 is not in the log; 7 offsets were deleted before they were read; stops',
    ],
  ])('is told each time: %j', (event, line) => {
    const { printed, status } = newStatus();
    status.kafka('orders', event);
    status.kafka('orders', event);
    expect(printed).toEqual([line, line]);
  });
});

describe('trouble', () => {
  it.each<[string, (status: EmulateStatus) => void]>([
    [
      'orders: fetching records failed, tried again: no broker',
      (status) =>
        status.kafka('orders', {
          type: 'error',
          doing: 'fetching records',
          error: new Error('no broker'),
        }),
    ],
    [
      'orders: commit failed, tried again',
      (status) => status.mapping('orders', { type: 'commit failed' }),
    ],
    [
      'the replay function failed (Sandbox.Timedout), tried again',
      (status) => status.replay({ type: 'replay failed', errorType: 'Sandbox.Timedout' }),
    ],
    [
      'orders: destination failed, tried again',
      (status) => status.mapping('orders', { type: 'destination failed', attempt: 1 }),
    ],
  ])('is told once in ten seconds: %s', (line, happen) => {
    const { clock, printed, status } = newStatus();
    const told = [0, 1, 9998, 1, 9999, 1].map((later) => {
      clock.now += later;
      happen(status);
      return printed.length;
    });
    expect(told).toEqual([1, 1, 1, 2, 2, 3]);
    expect(new Set(printed)).toEqual(new Set([line]));
  });

  it('is told of each topic', () => {
    const { printed, status } = newStatus();
    for (const topic of ['orders', 'payments', 'orders']) {
      status.mapping(topic, { type: 'commit failed' });
    }
    expect(printed).toEqual([
      'orders: commit failed, tried again',
      'payments: commit failed, tried again',
    ]);
  });

  it('is not what was committed', () => {
    const { printed, status } = newStatus();
    status.mapping('orders', { type: 'committed', offsets: new Map([[0, 5]]) });
    expect(printed).toEqual([]);
  });
});
