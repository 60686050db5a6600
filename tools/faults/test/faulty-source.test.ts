import { describe, expect, it } from 'vitest';
import type { Offsets } from '../../../kafka/record.ts';
import { MemoryTopic } from '../../local/mapping/memory-topic.ts';
import { places, sourceRecord } from '../../local/test/source-records.ts';
import type { Kind, Time } from '../cell.ts';
import { FaultySource } from '../faulty-source.ts';
import { Random } from '../random.ts';
import { Strikes } from '../strikes.ts';

const all = { maxRecords: 100, maxBytes: 1e6 };
const never = new AbortController().signal;
const upTo = (offset: number): Offsets => new Map([[0, offset]]);

/** A topic of three records, read by way of a faulty source. */
async function faultyTopic(kind: Kind, time: Time = 'first') {
  const topic = new MemoryTopic({ topic: 'orders', partitions: 1, maxBufferedBytes: 1e9 });
  for (let i = 0; i < 3; i++) await topic.produce(sourceRecord());
  const strikes = new Strikes(time, new Random(1));
  const killed: FaultySource[] = [];
  const source: FaultySource = new FaultySource(topic, {
    kind,
    strikes,
    isLast: (offsets) => offsets.get(0) === 3,
    kill: () => killed.push(source),
  });
  const poller = await source.join();
  return { topic, source, strikes, killed, poller, reader: poller.reader([0]) };
}

describe('a commit that is struck', () => {
  it.each<[Kind, string, number]>([
    ['throttle', 'throttle', 3],
    ['error', 'error', 3],
    ['reset', 'reset', 3],
    ['slow', 'committed', 1],
    ['hang', 'request timed out', 3],
    ['lost-answer', 'connection lost', 1],
    ['kill', 'killed', 3],
  ])('by %s is %s, with a lag of %i after it', async (kind, outcome, lag) => {
    const { killed, reader, source, strikes, topic } = await faultyTopic(kind);
    const committed = await reader.commit(upTo(2)).then(
      (offsets) => {
        expect(offsets).toEqual(upTo(2));
        return 'committed';
      },
      (error: Error) => error.message,
    );
    expect({ committed, lag: topic.lag(0) }).toEqual({ committed: outcome, lag });
    expect(strikes.count).toBe(1);
    expect(killed).toEqual(kind === 'kill' ? [source] : []);
    expect(await reader.commit(upTo(3))).toEqual(upTo(3));
    expect(topic.lag(0)).toBe(0);
  });

  it('by a kill was done every other time', async () => {
    const { killed, reader, topic } = await faultyTopic('kill', 'each');
    await expect(reader.commit(upTo(1))).rejects.toThrow('killed');
    expect(topic.lag(0)).toBe(3);
    await expect(reader.commit(upTo(2))).rejects.toThrow('killed');
    expect(topic.lag(0)).toBe(1);
    expect(killed).toHaveLength(2);
  });

  it('is the last one, where that is asked for', async () => {
    const { reader, topic } = await faultyTopic('error', 'last');
    await reader.commit(upTo(2));
    await expect(reader.commit(upTo(3))).rejects.toThrow('error');
    expect(topic.lag(0)).toBe(1);
    await reader.commit(upTo(3));
    expect(topic.lag(0)).toBe(0);
  });

  it('is each one once, by its offsets', async () => {
    const { reader } = await faultyTopic('error', 'each');
    const outcomes: string[] = [];
    for (const offset of [1, 2, 1, 2]) {
      const done = reader.commit(upTo(offset)).then(() => 'committed');
      outcomes.push(await done.catch((error: Error) => error.message));
    }
    expect(outcomes).toEqual(['error', 'error', 'committed', 'committed']);
  });
});

describe('a source', () => {
  it('is the topic itself without faults', async () => {
    const { topic } = await faultyTopic('error');
    const source = new FaultySource(topic, undefined);
    expect(source.topic).toBe('orders');
    const poller = await source.join();
    const stop = new AbortController();
    for await (const partitions of poller.assignments(stop.signal)) {
      expect(partitions).toEqual([]);
      stop.abort();
    }
    await poller.leave();
    expect(topic.lag(0)).toBe(3);
  });

  it('reads, ends and loses partitions as the topic does', async () => {
    const { poller, reader, topic } = await faultyTopic('error');
    expect([reader.ended, reader.isLost]).toEqual([false, false]);
    expect(places(await reader.read(all, never))).toEqual(['0:0', '0:1', '0:2']);
    topic.end();
    expect([reader.ended, reader.isLost]).toEqual([true, false]);
    await poller.leave();
    expect(reader.isLost).toBe(true);
  });

  it('that was killed reads and commits no more, and its group goes on without it', async () => {
    const { reader, source, strikes, topic } = await faultyTopic('error');
    const other = await topic.join();
    await source.kill();
    expect(await reader.read(all, never)).toEqual([]);
    await expect(reader.commit(upTo(2))).rejects.toThrow('killed');
    expect(strikes.count).toBe(0);
    const next = other.reader([0]);
    expect(places(await next.read(all, never))).toEqual(['0:0', '0:1', '0:2']);
    expect(await next.commit(upTo(3))).toEqual(upTo(3));
  });
});
