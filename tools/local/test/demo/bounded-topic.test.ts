import { describe, expect, it } from 'vitest';
import type { Offsets } from '../../../../kafka/record.ts';
import { BoundedTopic } from '../../demo/bounded-topic.ts';
import { MemoryTopic } from '../../mapping/memory-topic.ts';
import { settle } from '../fake-clock.ts';
import { RunningMapping } from '../running-mapping.ts';
import { sourceRecord } from '../source-records.ts';

/** A mapping for a part of a topic with two partitions that never ends. */
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
  if (bounded === undefined) throw new TypeError('the mapping did not request its source');
  return { mapping, bounded };
}

/** A bounded topic with offsets 0 and 1 in its only partition, and a reader. */
async function readTopic(limits?: Offsets) {
  const whole = new MemoryTopic({ topic: 'orders', partitions: 1, maxBufferedBytes: 1e6 });
  for (let i = 0; i < 2; i++) await whole.produce(sourceRecord());
  const bounded = new BoundedTopic(whole, limits);
  const poller = await bounded.join();
  return { bounded, reader: poller.reader([0]) };
}

const all = { maxRecords: 100, maxBytes: 1e6 };
const never = new AbortController().signal;

describe('a bounded topic', () => {
  it('ends when all expected records are committed', async () => {
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

  it('ends when it is complete, if everything was committed before', async () => {
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

  it('ignores records after its limits', async () => {
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

  it('counts offsets between expected records in its lag', async () => {
    const { bounded, reader } = await readTopic();
    bounded.expect(0, 1_000_000);
    bounded.expect(0, 1_000_007);
    bounded.complete();
    expect(bounded.lag()).toBe(8);
    await reader.commit(new Map([[0, 1_000_001]]));
    expect(bounded.lag()).toBe(7);
    expect(reader.ended).toBe(false);
  });

  it('ends a waiting read', async () => {
    const { bounded, reader } = await readTopic();
    await reader.read(all, never);
    const waiting = reader.read(all, never);
    bounded.complete();
    expect(await waiting).toEqual([]);
    expect(reader.ended).toBe(true);
  });
});
