import { describe, expect, it } from 'vitest';
import { MAX_PAYLOAD_BYTES } from '../../../../lambda/contract.ts';
import type { Discard, MappingDeps } from '../../mapping/event-source-mapping.ts';
import {
  failure,
  ofEventBytes,
  offsets,
  type Respond,
  RunningMapping,
  secondsOld,
  start,
  success,
  throttle,
} from '../running-mapping.ts';
import { places } from '../source-records.ts';

/** A destination that keeps what it is sent. */
function destination(): { onFailure: MappingDeps['onFailure']; sent: Discard[] } {
  const sent: Discard[] = [];
  return { sent, onFailure: async (discard) => void sent.push(discard) };
}

/** Answers in turn; success after the last. */
const inTurn =
  (...outcomes: ReturnType<Respond>[]): Respond =>
  (_, index) =>
    outcomes[index] ?? success;

/** Fails each event that has this record. */
const poisonedBy =
  (place: string): Respond =>
  ({ records }) =>
    records.includes(place) ? failure : success;

const provisioned = { mode: 'provisioned' } as const;

describe('retry', () => {
  it('sends the same event, to the byte, though more records have come', async () => {
    const mapping = start({ respond: inTurn(failure, throttle, failure) });
    await mapping.produce(2);
    await mapping.clock.advance(500);
    await mapping.produce(2);
    await mapping.clock.advance(3000);
    expect(new Set(mapping.calls.slice(0, 4).map(({ event }) => event)).size).toBe(1);
    expect(mapping.called[3]).toEqual(offsets(0, 2));
    expect(mapping.commits).toEqual([[[0, 2]]]);
    await mapping.clock.advance(500);
    expect(mapping.called[4]).toEqual(offsets(2, 2));
  });

  it('waits for its delay', async () => {
    const mapping = start({ respond: inTurn(failure, failure), options: { retryDelayMs: 7000 } });
    await mapping.produce(1);
    await mapping.clock.advance(60_000);
    expect(mapping.calls.map(({ at }) => at)).toEqual([500, 7500, 14_500]);
  });

  it('holds back all partitions of its poller, and none of another', async () => {
    const mapping = start({
      partitions: 4,
      respond: poisonedBy('0:0'),
      options: { pollers: 2 },
    });
    for (const partition of [0, 1, 2, 3]) await mapping.produce(1, { partition });
    await mapping.clock.advance(1000);
    for (const partition of [1, 2, 3]) await mapping.produce(1, { partition });
    await mapping.clock.advance(60_000);
    expect(mapping.commits).toEqual([
      [
        [1, 1],
        [3, 1],
      ],
      [
        [1, 2],
        [3, 2],
      ],
    ]);
    expect([0, 1, 2, 3].map((partition) => mapping.topic.lag(partition))).toEqual([1, 0, 2, 0]);
  });

  it('holds back only its own partition, where batches do not mix them', async () => {
    const mapping = start({
      partitions: 3,
      respond: poisonedBy('1:0'),
      options: { ...provisioned, mixPartitions: false },
    });
    for (const partition of [0, 1, 2]) await mapping.produce(1, { partition });
    await mapping.clock.advance(5000);
    for (const partition of [0, 1, 2]) await mapping.produce(1, { partition });
    await mapping.clock.advance(5000);
    expect([0, 1, 2].map((partition) => mapping.topic.lag(partition))).toEqual([0, 2, 0]);
    expect(mapping.called.filter((records) => records.includes('1:1'))).toEqual([]);
  });

  it('is not spent by a throttle', async () => {
    const { onFailure, sent } = destination();
    const throttles = Array.from({ length: 25 }, () => throttle);
    const mapping = start({
      onFailure,
      respond: inTurn(...throttles, failure),
      options: { ...provisioned, maximumRetryAttempts: 0 },
    });
    await mapping.produce(1);
    await mapping.clock.advance(60_000);
    expect(mapping.calls).toHaveLength(26);
    expect(sent.map(({ invokes }) => invokes)).toEqual([1]);
  });
});

describe('retries exhausted', () => {
  it('sends the batch to the destination after 11 invocations, and goes on', async () => {
    const { onFailure, sent } = destination();
    const mapping = start({ onFailure, respond: poisonedBy('0:1') });
    await mapping.produce(3);
    await mapping.clock.advance(500);
    await mapping.produce(1);
    await mapping.clock.advance(60_000);
    expect(mapping.called).toEqual([...Array.from({ length: 11 }, () => offsets(0, 3)), ['0:3']]);
    expect(sent.map(({ condition, records, invokes }) => [condition, places(records), invokes]))
      // One entry for the batch, as the service has it.
      .toEqual([['RetryAttemptsExhausted', offsets(0, 3), 11]]);
    expect(mapping.discards).toEqual([['RetryAttemptsExhausted', offsets(0, 3), true]]);
    expect(mapping.commits).toEqual([[[0, 3]], [[0, 4]]]);
  });

  it('commits only after the destination has the batch', async () => {
    let take: () => void = () => undefined;
    const onFailure = () =>
      new Promise<void>((resolve) => {
        take = resolve;
      });
    const mapping = start({
      onFailure,
      respond: () => failure,
      options: { ...provisioned, maximumRetryAttempts: 1 },
    });
    await mapping.produce(1);
    await mapping.clock.advance(60_000);
    expect(mapping.calls).toHaveLength(2);
    expect(mapping.commits).toEqual([]);
    take();
    await mapping.clock.advance(0);
    expect(mapping.commits).toEqual([[[0, 1]]]);
  });

  it.each<[string, MappingDeps['onFailure']]>([
    ['there is no destination', undefined],
    ['the destination does not take them', () => Promise.reject(new Error('AccessDenied'))],
  ])('drops the records, says so and commits when %s', async (_, onFailure) => {
    const mapping = start({
      onFailure,
      respond: poisonedBy('0:0'),
      options: { ...provisioned, maximumRetryAttempts: 2 },
    });
    await mapping.produce(2);
    await mapping.clock.advance(60_000);
    expect(mapping.calls).toHaveLength(3);
    expect(mapping.discards).toEqual([['RetryAttemptsExhausted', offsets(0, 2), false]]);
    expect(mapping.commits).toEqual([[[0, 2]]]);
    expect(mapping.topic.lag(0)).toBe(0);
  });
});

describe('destination that fails', () => {
  it.each([
    [1, 3, true],
    [2, 3, true],
    [3, 3, false],
    [1, 1, false],
  ])('for %i of %i tries: delivered %s', async (failing, destinationAttempts, delivered) => {
    let tries = 0;
    const onFailure = async () => {
      tries += 1;
      if (tries <= failing) throw new Error('SlowDown');
    };
    const mapping = start({
      onFailure,
      respond: () => failure,
      options: { ...provisioned, maximumRetryAttempts: 0, destinationAttempts },
    });
    await mapping.produce(1);
    await mapping.clock.advance(500 + 999);
    expect(tries).toBe(1);
    await mapping.clock.advance(60_000);
    expect(tries).toBe(Math.min(failing + 1, destinationAttempts));
    expect(mapping.discards).toEqual([['RetryAttemptsExhausted', ['0:0'], delivered]]);
    expect(mapping.commits).toEqual([[[0, 1]]]);
  });
});

describe('record over 6 MiB', () => {
  const oversize = ofEventBytes(MAX_PAYLOAD_BYTES + 1);

  it('goes to the destination without an invocation, and is committed', async () => {
    const { onFailure, sent } = destination();
    const mapping = start({ onFailure });
    await mapping.produce(1, oversize);
    await mapping.clock.advance(500);
    expect(mapping.calls).toEqual([]);
    expect(
      sent.map(({ condition, records, invokes }) => [condition, places(records), invokes]),
    ).toEqual([['MaximumPayloadSizeExceeded', ['0:0'], 0]]);
    expect(mapping.discards).toEqual([['MaximumPayloadSizeExceeded', ['0:0'], true]]);
    expect(mapping.commits).toEqual([[[0, 1]]]);
  });

  it.each<[string, MappingDeps['onFailure']]>([
    ['there is no destination', undefined],
    ['the destination does not take it', () => Promise.reject(new Error('AccessDenied'))],
  ])('is dropped, reported and committed when %s', async (_, onFailure) => {
    const mapping = start({ onFailure });
    await mapping.produce(1, oversize);
    await mapping.clock.advance(60_000);
    expect(mapping.calls).toEqual([]);
    expect(mapping.discards).toEqual([['MaximumPayloadSizeExceeded', ['0:0'], false]]);
    expect(mapping.commits).toEqual([[[0, 1]]]);
  });

  it('does not take the records around it along', async () => {
    const mapping = start({ partitions: 2, options: { batchWindow: 10 } });
    await mapping.produce(2);
    await mapping.produce(1, oversize);
    await mapping.produce(1);
    await mapping.produce(1, { partition: 1 });
    await mapping.clock.advance(60_000);
    expect(mapping.called.flat()).toEqual(['0:0', '0:1', '0:3', '1:0']);
    expect(mapping.discards.map(([, records]) => records)).toEqual([['0:2']]);
    expect([mapping.topic.lag(0), mapping.topic.lag(1)]).toEqual([0, 0]);
  });

  it('does not keep a topic that ends with it from ending', async () => {
    const mapping = new RunningMapping();
    await mapping.produce(1);
    await mapping.produce(1, oversize);
    mapping.topic.end();
    await mapping.clock.advanceUntil(mapping.run());
    expect(mapping.called).toEqual([['0:0']]);
    expect(mapping.commits).toEqual([[[0, 1]], [[0, 2]]]);
  });
});

describe('record age', () => {
  const options = { ...provisioned, maximumRecordAgeSeconds: 60 } as const;

  it('keeps a record that is too old from the function, and the others not', async () => {
    const { onFailure, sent } = destination();
    const mapping = start({ onFailure, options });
    await mapping.produce(1, { timestamp: secondsOld(61) });
    await mapping.produce(1, { timestamp: secondsOld(10) });
    await mapping.clock.advance(500);
    expect(mapping.called).toEqual([['0:1']]);
    expect(
      sent.map(({ condition, records, invokes }) => [condition, places(records), invokes]),
    ).toEqual([['RecordAgeExceeded', ['0:0'], 0]]);
    expect(mapping.commits).toEqual([[[0, 2]]]);
  });

  it('commits a batch whose records are all too old, without an invocation', async () => {
    const mapping = start({ options });
    await mapping.produce(2, { timestamp: secondsOld(100) });
    await mapping.clock.advance(500);
    expect(mapping.calls).toEqual([]);
    expect(mapping.discards).toEqual([['RecordAgeExceeded', offsets(0, 2), false]]);
    expect(mapping.commits).toEqual([[[0, 2]]]);
  });

  it.each([
    ['failing', failure, 3],
    ['throttled', throttle, 0],
  ] as const)('ends the retries of a %s batch, record by record', async (_, outcome, invokes) => {
    const { onFailure, sent } = destination();
    const mapping = start({
      onFailure,
      respond: ({ records }) => (records.includes('0:0') ? outcome : success),
      options,
    });
    await mapping.produce(1, { timestamp: secondsOld(57) });
    await mapping.produce(1, { timestamp: secondsOld(0) });
    await mapping.clock.advance(60_000);
    // At 0.5, 1.5 and 2.5 seconds; at 3.5 the first is 60.5 seconds old.
    expect(mapping.called).toEqual([...Array.from({ length: 3 }, () => offsets(0, 2)), ['0:1']]);
    expect(sent.map(({ records, ...rest }) => ({ ...rest, records: places(records) }))).toEqual([
      { condition: 'RecordAgeExceeded', records: ['0:0'], invokes },
    ]);
    expect(mapping.commits).toEqual([[[0, 2]]]);
  });
});

describe('bisecting', () => {
  it('isolates a poison record: all others succeed, in order', async () => {
    const { onFailure, sent } = destination();
    const mapping = start({
      onFailure,
      respond: poisonedBy('0:5'),
      options: { ...provisioned, bisectBatchOnFunctionError: true, maximumRetryAttempts: 1 },
    });
    await mapping.produce(8);
    await mapping.clock.advance(60_000);
    expect(mapping.called).toEqual([
      offsets(0, 8),
      offsets(0, 4),
      offsets(4, 4),
      offsets(4, 2),
      ['0:4'],
      ['0:5'],
      ['0:5'],
      offsets(6, 2),
    ]);
    expect(sent.map(({ records }) => places(records))).toEqual([['0:5']]);
    expect(mapping.commits).toEqual([[[0, 8]]]);
  });
});

describe('partial batch response', () => {
  const options = { ...provisioned, reportBatchItemFailures: true } as const;
  const naming = (...named: [partition: string, offset: number][]) =>
    ({
      kind: 'returned',
      payload: JSON.stringify({
        batchItemFailures: named.map(([partition, offset]) => ({
          itemIdentifier: { partition, offset },
        })),
      }),
    }) as const;

  it('sends only the named records again, and commits after them', async () => {
    const mapping = start({
      partitions: 2,
      respond: inTurn(naming(['orders-0', 1], ['orders-1', 0]), naming(['orders-0', 1])),
      options,
    });
    await mapping.produce(3);
    await mapping.produce(2, { partition: 1 });
    await mapping.clock.advance(1500);
    expect(mapping.called).toEqual([
      [...offsets(0, 3), ...offsets(0, 2, 1)],
      ['0:1', '1:0'],
    ]);
    expect(mapping.commits).toEqual([]);
    await mapping.clock.advance(1000);
    expect(mapping.called[2]).toEqual(['0:1']);
    expect(mapping.commits).toEqual([
      [
        [0, 3],
        [1, 2],
      ],
    ]);
  });

  it('sends the same event again for a record that is not in it', async () => {
    const mapping = start({ respond: inTurn(naming(['orders-0', 99])), options });
    await mapping.produce(3);
    await mapping.clock.advance(1500);
    expect(mapping.called).toEqual([offsets(0, 3), offsets(0, 3)]);
    expect(mapping.calls[1]?.event).toBe(mapping.calls[0]?.event);
  });

  it('is a success where it is off', async () => {
    const mapping = start({ respond: inTurn(naming(['orders-0', 1])) });
    await mapping.produce(3);
    await mapping.clock.advance(60_000);
    expect(mapping.calls).toHaveLength(1);
    expect(mapping.commits).toEqual([[[0, 3]]]);
  });
});
