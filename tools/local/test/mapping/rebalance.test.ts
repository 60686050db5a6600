import { describe, expect, it } from 'vitest';
import { failure, offsets, start, success } from '../running-mapping.ts';

/** A mapping whose invocations the test completes. */
const unanswered = { respond: () => undefined } as const;

describe('a poller that is added', () => {
  it('does not disturb the batches of other partitions if batches do not mix them', async () => {
    const mapping = start({
      ...unanswered,
      partitions: 3,
      options: { mode: 'provisioned', mixPartitions: false },
    });
    for (const partition of [0, 1, 2]) await mapping.produce(1, { partition });
    await mapping.clock.advance(500);
    await mapping.scale(2);
    await mapping.clock.advance(500);
    expect(mapping.called).toEqual([['0:0'], ['1:0'], ['2:0'], ['1:0']]);
    for (const call of mapping.calls) await call.answer(success);
    expect(mapping.commits).toEqual([[[0, 1]], [[2, 1]], [[1, 1]]]);
  });

  it('ends the retries of a batch whose partitions it takes over', async () => {
    const mapping = start({ partitions: 2, respond: () => failure });
    await mapping.produce(1);
    await mapping.produce(1, { partition: 1 });
    await mapping.clock.advance(1500);
    expect(mapping.called).toEqual([
      ['0:0', '1:0'],
      ['0:0', '1:0'],
    ]);
    await mapping.scale(2);
    mapping.respond = () => success;
    await mapping.clock.advance(500);
    expect(mapping.called.slice(2).sort()).toEqual([['0:0'], ['1:0']]);
    expect([...mapping.commits].sort()).toEqual([[[0, 1]], [[1, 1]]]);
  });
});

describe('a poller that is removed', () => {
  it('commits its running batch before another poller takes over', async () => {
    const mapping = start({ ...unanswered, partitions: 2, options: { pollers: 2 } });
    await mapping.produce(1, { partition: 1 });
    await mapping.clock.advance(500);
    const scaled = mapping.scale(1);
    await mapping.produce(1, { partition: 1 });
    await mapping.clock.advance(500);
    expect(mapping.called).toEqual([['1:0']]);
    await mapping.calls[0]?.answer(success);
    await scaled;
    await mapping.clock.advance(500);
    expect(mapping.called).toEqual([['1:0'], ['1:1']]);
    expect(mapping.commits).toEqual([[[1, 1]]]);
  });
});

describe('the end of the topic', () => {
  it('is reached even if a partition changes its poller just before', async () => {
    const mapping = start({ ...unanswered, partitions: 2 });
    await mapping.produce(2);
    await mapping.produce(2, { partition: 1 });
    await mapping.clock.advance(500);
    mapping.topic.end();
    await mapping.scale(2);
    await mapping.calls[0]?.answer(failure);
    mapping.respond = () => success;
    await mapping.clock.advance(5000);
    expect(mapping.called.slice(1).flat().sort()).toEqual([...offsets(0, 2), ...offsets(0, 2, 1)]);
    expect(mapping.topic.isDone).toBe(true);
  });
});
