import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { MAX_PAYLOAD_BYTES } from '../../../../lambda/contract.ts';
import {
  type Call,
  failure,
  type MappingParts,
  ofEventBytes,
  offsets,
  RunningMapping,
  start,
  success,
  valueOfMiB,
} from '../running-mapping.ts';

describe('batch', () => {
  it('closes when its window of 500 ms is over, where none is set', async () => {
    const mapping = start();
    await mapping.produce(2);
    await mapping.clock.advance(400);
    await mapping.produce(1);
    await mapping.clock.advance(99);
    expect(mapping.calls).toEqual([]);
    await mapping.clock.advance(1);
    expect(mapping.called).toEqual([['0:0', '0:1', '0:2']]);
  });

  it('closes when the window that is set is over', async () => {
    const mapping = start({ options: { batchWindow: 300 } });
    await mapping.produce(1);
    await mapping.clock.advance(299_999);
    expect(mapping.calls).toEqual([]);
    await mapping.clock.advance(1);
    expect(mapping.called).toEqual([['0:0']]);
  });

  it('closes at its count of records, before its window', async () => {
    const mapping = start({ options: { batchSize: 3, batchWindow: 300 } });
    await mapping.produce(2);
    expect(mapping.calls).toEqual([]);
    await mapping.produce(5);
    expect(mapping.called).toEqual([offsets(0, 3), offsets(3, 3)]);
    expect(mapping.clock.passed).toBe(0);
  });

  it('closes at 6 MiB of event, base64 counted, before its window', async () => {
    const mapping = start({ options: { batchWindow: 300 } });
    await mapping.produce(7, { value: valueOfMiB(1) });
    // Five of 1 MiB and their fields; a sixth is over by its fields alone.
    expect(mapping.called).toEqual([offsets(0, 5)]);
    await mapping.clock.advance(300_000);
    expect(mapping.called).toEqual([offsets(0, 5), offsets(5, 2)]);
  });

  it('may be an event of exactly 6 MiB', async () => {
    const mapping = start();
    await mapping.produce(1, ofEventBytes(MAX_PAYLOAD_BYTES));
    await mapping.clock.advance(500);
    expect(mapping.calls.map(({ event }) => Buffer.byteLength(event))).toEqual([MAX_PAYLOAD_BYTES]);
  });

  it('closes as soon as there is a record with a window of 0, with all that is there', async () => {
    const mapping = start({ partitions: 2, options: { batchWindow: 0 } });
    await mapping.clock.advance(10_000);
    expect(mapping.calls).toEqual([]);
    mapping.respond = () => undefined;
    await mapping.produce(1);
    await mapping.clock.advance(0);
    expect(mapping.called).toEqual([['0:0']]);
    await mapping.produce(3);
    await mapping.produce(2, { partition: 1 });
    await mapping.calls[0]?.answer(success);
    await mapping.clock.advance(0);
    expect(mapping.called[1]).toEqual([...offsets(0, 2, 1), ...offsets(1, 3)]);
    expect(mapping.calls.map(({ at }) => at)).toEqual([10_000, 10_000]);
  });

  it('has a window from the completion of the batch before', async () => {
    const mapping = start({ respond: () => undefined });
    await mapping.produce(1);
    await mapping.clock.advance(500);
    await mapping.produce(1);
    await mapping.clock.advance(2000);
    expect(mapping.called).toEqual([['0:0']]);
    await mapping.calls[0]?.answer(success);
    await mapping.produce(1);
    await mapping.clock.advance(499);
    expect(mapping.calls).toHaveLength(1);
    await mapping.clock.advance(1);
    expect(mapping.called).toEqual([['0:0'], ['0:1', '0:2']]);
    expect(mapping.calls[1]?.at).toBe(3000);
  });

  it('is not made of nothing', async () => {
    const mapping = start();
    await mapping.clock.advance(60_000);
    expect(mapping.calls).toEqual([]);
    expect(mapping.events).toEqual([]);
  });

  it('holds all partitions of its poller', async () => {
    const mapping = start({ partitions: 3 });
    for (const partition of [0, 1, 2]) await mapping.produce(1, { partition });
    await mapping.clock.advance(500);
    expect(mapping.called).toEqual([['0:0', '1:0', '2:0']]);
  });

  it('holds one partition, where told so', async () => {
    const mapping = start({ partitions: 3, options: { mixPartitions: false } });
    for (const partition of [0, 1, 2]) await mapping.produce(1, { partition });
    await mapping.clock.advance(500);
    expect(mapping.called).toEqual([['0:0'], ['1:0'], ['2:0']]);
  });
});

describe('commit', () => {
  it('comes after success only, at the offset after the last of each partition', async () => {
    const mapping = start({ partitions: 2, respond: () => undefined });
    await mapping.produce(3);
    await mapping.produce(2, { partition: 1 });
    await mapping.clock.advance(500);
    expect(mapping.calls).toHaveLength(1);
    expect(mapping.commits).toEqual([]);
    expect([mapping.topic.lag(0), mapping.topic.lag(1)]).toEqual([3, 2]);
    await mapping.calls[0]?.answer(success);
    expect(mapping.commits).toEqual([
      [
        [0, 3],
        [1, 2],
      ],
    ]);
    expect([mapping.topic.lag(0), mapping.topic.lag(1)]).toEqual([0, 0]);
  });

  it('leaves out partitions that the batch has none of', async () => {
    const mapping = start({ partitions: 2 });
    await mapping.produce(1, { partition: 1 });
    await mapping.clock.advance(500);
    expect(mapping.commits).toEqual([[[1, 1]]]);
  });

  it('does not come after a function error', async () => {
    const mapping = start({ respond: () => failure });
    await mapping.produce(1);
    await mapping.clock.advance(60_000);
    expect(mapping.calls.length).toBeGreaterThan(10);
    expect(mapping.commits).toEqual([]);
    expect(mapping.topic.lag(0)).toBe(1);
  });

  it('is told after the invocation that it belongs to, with what that took', async () => {
    const mapping = start({ respond: () => undefined });
    await mapping.produce(2);
    await mapping.clock.advance(500);
    await mapping.clock.advance(1234);
    await mapping.calls[0]?.answer(success);
    expect(mapping.events).toEqual([
      {
        type: 'invoked',
        records: 2,
        bytes: Buffer.byteLength(mapping.calls[0]?.event ?? ''),
        milliseconds: 1234,
        outcome: success,
      },
      { type: 'committed', offsets: new Map([[0, 2]]) },
    ]);
  });
});

describe('run', () => {
  it('ends when the topic has ended and all of it is committed', async () => {
    const mapping = new RunningMapping({ partitions: 3, options: { batchSize: 4, pollers: 2 } });
    for (const partition of [0, 1, 2]) await mapping.produce(5, { partition });
    mapping.topic.end();
    await mapping.clock.advanceUntil(mapping.run());
    expect([0, 1, 2].map((partition) => mapping.topic.lag(partition))).toEqual([0, 0, 0]);
    expect(mapping.called.flat().sort()).toEqual(
      [0, 1, 2].flatMap((partition) => offsets(0, 5, partition)),
    );
  });

  it('ends at once for a topic that has ended with nothing', async () => {
    const mapping = new RunningMapping({ partitions: 3 });
    mapping.topic.end();
    await mapping.run();
    expect(mapping.events).toEqual([]);
  });
});

/** Starts a mapping, lets each partition have some records, and leaves all calls unanswered. */
async function startBusy(
  partitions: number,
  options: MappingParts['options'],
): Promise<RunningMapping> {
  const mapping = start({ partitions, respond: () => undefined, options: { ...options } });
  for (let partition = 0; partition < partitions; partition++) {
    await mapping.produce(2, { partition });
  }
  await mapping.clock.advance(500);
  return mapping;
}

const byPartition = { mixPartitions: false, batchSize: 1 } as const;
const partitionOf = (call: Call | undefined) => call?.records[0]?.split(':')[0];

describe('poller', () => {
  it('has one batch in the function at a time on demand', async () => {
    const mapping = await startBusy(8, byPartition);
    expect(mapping.running).toBe(1);
    mapping.respond = () => success;
    await mapping.calls[0]?.answer(success);
    await mapping.clock.advance(10_000);
    expect(mapping.calls).toHaveLength(16);
    expect(mapping.mostRunning).toBe(1);
  });

  it('has five batches in the function at a time when provisioned', async () => {
    const mapping = await startBusy(8, { ...byPartition, mode: 'provisioned' });
    expect(mapping.running).toBe(5);
    await mapping.calls[0]?.answer(success);
    expect(mapping.running).toBe(5);
    mapping.respond = () => success;
    for (const call of mapping.calls.slice(1)) await call.answer(success);
    await mapping.clock.advance(10_000);
    expect(mapping.calls).toHaveLength(16);
    expect(mapping.mostRunning).toBe(5);
  });

  it('has its five batches whatever other pollers have', async () => {
    const mapping = await startBusy(16, { ...byPartition, mode: 'provisioned', pollers: 2 });
    expect(mapping.running).toBe(10);
  });

  it('never has two batches of a partition in the function', async () => {
    const mapping = await startBusy(3, { ...byPartition, mode: 'provisioned' });
    expect(mapping.called).toEqual([['0:0'], ['1:0'], ['2:0']]);
    await mapping.calls[1]?.answer(success);
    await mapping.clock.advance(500);
    expect(mapping.called.slice(3)).toEqual([['1:1']]);
    expect(mapping.calls.slice(0, 3).map(partitionOf)).toEqual(['0', '1', '2']);
  });

  it('has one batch of mixed partitions at a time, also when provisioned', async () => {
    const mapping = await startBusy(4, { mode: 'provisioned', batchSize: 2 });
    expect(mapping.running).toBe(1);
  });

  it('has its own share of the partitions', async () => {
    const mapping = await startBusy(5, { pollers: 2 });
    expect(mapping.called).toEqual([
      [...offsets(0, 2), ...offsets(0, 2, 2), ...offsets(0, 2, 4)],
      [...offsets(0, 2, 1), ...offsets(0, 2, 3)],
    ]);
  });

  it('is not started without a partition for it', async () => {
    const mapping = await startBusy(2, { pollers: 10 });
    expect(mapping.called).toEqual([offsets(0, 2), offsets(0, 2, 1)]);
  });
});
