import { describe, expect, it } from 'vitest';
import type { Offsets } from '../../../../kafka/record.ts';
import { BoundedTopic } from '../../demo/bounded-topic.ts';
import { MemoryTopic } from '../../mapping/memory-topic.ts';
import { settle } from '../fake-clock.ts';
import { failure, RunningMapping } from '../running-mapping.ts';
import { places, sourceRecord } from '../source-records.ts';

/** A mapping for part of a topic of two partitions, which by itself never ends. */
function boundedMapping(limits?: Offsets) {
  const made: { bounded?: BoundedTopic } = {};
  const mapping = new RunningMapping({
    partitions: 2,
    source: (topic) => {
      made.bounded = new BoundedTopic(topic, limits);
      return made.bounded;
    },
  });
  const { bounded } = made;
  if (bounded === undefined) throw new TypeError('the mapping asks for its source at once');
  return { mapping, bounded };
}

/** A bounded topic with records at offsets 0 and 1 of its one partition, and a reader of it. */
async function readTopic(limits?: Offsets) {
  const whole = new MemoryTopic({ topic: 'orders', partitions: 1, maxBufferedBytes: 1e6 });
  for (let i = 0; i < 2; i++) await whole.produce(sourceRecord());
  const bounded = new BoundedTopic(whole, limits);
  const poller = await bounded.join();
  return { bounded, poller, reader: poller.reader([0]) };
}

const all = { maxRecords: 100, maxBytes: 1e6 };
const never = new AbortController().signal;

describe('a bounded topic', () => {
  it('ends when what was said is committed', async () => {
    const { mapping, bounded } = boundedMapping();
    await mapping.produce(3, { partition: 0 });
    await mapping.produce(1, { partition: 1 });
    for (const offset of [0, 1, 2]) bounded.expect(0, offset);
    bounded.expect(1, 0);
    bounded.complete();
    expect(bounded.lag()).toBe(4);
    const run = mapping.run();
    await mapping.clock.advance(1000);
    await run;
    expect(mapping.calls.flatMap(({ records }) => records)).toEqual(['0:0', '0:1', '0:2', '1:0']);
    expect(bounded.lag()).toBe(0);
  });

  it('ends when it is said that no more comes, where all is committed before', async () => {
    const { mapping, bounded } = boundedMapping();
    await mapping.produce(1);
    let ended = false;
    const run = mapping.run().then(() => {
      ended = true;
    });
    await mapping.clock.advance(1000);
    bounded.expect(0, 0);
    expect(bounded.lag()).toBe(0);
    await settle();
    expect(ended).toBe(false);
    bounded.complete();
    await run;
    expect(mapping.calls).toHaveLength(1);
  });

  it('does not end before what failed has succeeded', async () => {
    const { mapping, bounded } = boundedMapping();
    mapping.respond = (_, index) => (index === 0 ? failure : { kind: 'returned', payload: 'null' });
    await mapping.produce(1);
    bounded.expect(0, 0);
    bounded.complete();
    const run = mapping.run();
    await mapping.clock.advance(500);
    expect({ calls: mapping.calls.length, lag: bounded.lag() }).toEqual({ calls: 1, lag: 1 });
    await mapping.clock.advance(1000);
    await run;
    expect(mapping.calls).toHaveLength(2);
  });

  it('leaves out what comes after its limits', async () => {
    const { mapping, bounded } = boundedMapping(new Map([[0, 2]]));
    await mapping.produce(3, { partition: 0 });
    await mapping.produce(1, { partition: 1 });
    for (const offset of [0, 1]) bounded.expect(0, offset);
    bounded.complete();
    const run = mapping.run();
    await mapping.clock.advance(1000);
    await run;
    expect(mapping.calls.map(({ records }) => records)).toEqual([['0:0', '0:1']]);
  });

  it('has offsets between what was said that are no records', async () => {
    const { bounded, reader } = await readTopic();
    bounded.expect(0, 1_000_000);
    bounded.expect(0, 1_000_007);
    bounded.complete();
    expect(bounded.lag()).toBe(8);
    await reader.commit(new Map([[0, 1_000_001]]));
    expect(bounded.lag()).toBe(7);
    expect(reader.ended).toBe(false);
  });

  it('is empty until a record was said', async () => {
    const { bounded } = await readTopic();
    expect(bounded.isEmpty).toBe(true);
    bounded.expect(0, 5);
    expect(bounded.isEmpty).toBe(false);
  });

  it('reads what there is', async () => {
    const { reader } = await readTopic();
    expect(places(await reader.read(all, never))).toEqual(['0:0', '0:1']);
  });

  it('wakes who reads when it ends', async () => {
    const { bounded, reader } = await readTopic();
    await reader.read(all, never);
    const waiting = reader.read(all, never);
    bounded.complete();
    expect(await waiting).toEqual([]);
    expect(reader.ended).toBe(true);
  });

  it('tells whether a partition was lost, as the whole topic does', async () => {
    const { bounded, poller, reader } = await readTopic();
    expect(reader.isLost).toBe(false);
    await poller.leave();
    await bounded.join();
    expect(reader.isLost).toBe(true);
  });
});
