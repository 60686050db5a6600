import { describe, expect, it } from 'vitest';
import type { Offsets } from '../../../kafka/record.ts';
import { MemoryTopic } from '../../local/mapping/memory-topic.ts';
import type { Kind } from '../cell.ts';
import { FaultySource } from '../faulty-source.ts';
import { Random } from '../random.ts';
import { Strikes } from '../strikes.ts';

const limits = { maxRecords: 100, maxBytes: 1e6 };
const never = new AbortController().signal;
const upTo = (offset: number): Offsets => new Map([[0, offset]]);

/** A topic of three records, read through a source whose first commit fails. */
async function faultyTopic(kind: Kind) {
  const topic = new MemoryTopic({ topic: 'orders', partitions: 1, maxBufferedBytes: 1e9 });
  for (let i = 0; i < 3; i++) {
    const record = { partition: 0, timestamp: i, key: null, value: null, headers: [] };
    await topic.produce({ ...record, timestampType: 'CREATE_TIME' });
  }
  const killed: FaultySource[] = [];
  const source: FaultySource = new FaultySource(topic, {
    kind,
    strikes: new Strikes('first', new Random(1)),
    isLast: (offsets) => offsets.get(0) === 3,
    kill: () => killed.push(source),
  });
  const reader = (await source.join()).reader([0]);
  return { topic, source, killed, reader };
}

describe('a faulty source', () => {
  it.each<[Kind, string, number]>([
    ['throttle', 'throttle', 3],
    ['error', 'error', 3],
    ['reset', 'reset', 3],
    ['slow', 'committed', 1],
    ['hang', 'request timed out', 3],
    ['lost-answer', 'connection lost', 1],
    ['kill', 'killed', 3],
  ])('fails a commit by %s: %s, and the lag is then %i', async (kind, outcome, lag) => {
    const { killed, reader, source, topic } = await faultyTopic(kind);
    const committed = await reader.commit(upTo(2)).then(
      () => 'committed',
      (error: Error) => error.message,
    );
    expect({ committed, lag: topic.lag(0) }).toEqual({ committed: outcome, lag });
    expect(killed).toEqual(kind === 'kill' ? [source] : []);
    expect(await reader.commit(upTo(3))).toEqual(upTo(3));
    expect(topic.lag(0)).toBe(0);
  });

  it('neither reads nor commits once killed, and its group continues without it', async () => {
    const { reader, source, topic } = await faultyTopic('error');
    const other = await topic.join();
    await source.kill();
    expect(await reader.read(limits, never)).toEqual([]);
    await expect(reader.commit(upTo(2))).rejects.toThrow('killed');
    const next = other.reader([0]);
    expect((await next.read(limits, never)).map(({ offset }) => offset)).toEqual([0, 1, 2]);
    expect(await next.commit(upTo(3))).toEqual(upTo(3));
  });
});
