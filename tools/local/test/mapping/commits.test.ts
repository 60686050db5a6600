import { describe, expect, it } from 'vitest';
import type { Offsets } from '../../../../kafka/record.ts';
import type { MemoryTopic } from '../../mapping/memory-topic.ts';
import type { Source } from '../../mapping/source.ts';
import { offsets, RunningMapping, start, success } from '../running-mapping.ts';

/** A topic whose commits fail, before they are done or with their answer lost. */
function failing(commits: number, how: 'before' | 'after') {
  const tried: Offsets[] = [];
  const source = (topic: MemoryTopic): Source => ({
    topic: topic.topic,
    join: async () => {
      const poller = await topic.join();
      return {
        ...poller,
        reader: (partitions) => {
          const reader = poller.reader(partitions);
          return {
            read: reader.read,
            get isLost() {
              return reader.isLost;
            },
            get ended() {
              return reader.ended;
            },
            commit: async (given) => {
              tried.push(new Map(given));
              if (tried.length > commits) return reader.commit(given);
              if (how === 'after') await reader.commit(given);
              throw new Error('CoordinatorNotAvailable');
            },
          };
        },
      };
    },
  });
  return { source, tried };
}

describe('a commit that fails', () => {
  it.each(['before', 'after'] as const)('is tried again: fails %s it is done', async (how) => {
    const { source, tried } = failing(2, how);
    const mapping = start({ source });
    await mapping.produce(2);
    await mapping.clock.advance(500 + 999);
    expect(tried).toEqual([new Map([[0, 2]])]);
    await mapping.clock.advance(1001);
    expect(tried).toEqual([new Map([[0, 2]]), new Map([[0, 2]]), new Map([[0, 2]])]);
    expect(mapping.events.map(({ type }) => type)).toEqual([
      'invoked',
      'commit failed',
      'commit failed',
      'committed',
    ]);
    expect(mapping.topic.lag(0)).toBe(0);
  });

  it('keeps its partition waiting, and nothing is invoked twice', async () => {
    const { source } = failing(1, 'before');
    const mapping = start({ source, options: { batchSize: 1 } });
    await mapping.produce(2);
    expect(mapping.called).toEqual([offsets(0, 1)]);
    await mapping.clock.advance(1000);
    expect(mapping.called).toEqual([offsets(0, 1), offsets(1, 1)]);
  });

  it('is left when stopped, so that its batch comes again', async () => {
    const { source } = failing(1, 'before');
    const mapping = new RunningMapping({ source, respond: () => undefined });
    const running = mapping.run();
    await mapping.produce(1);
    await mapping.clock.advance(500);
    mapping.stop();
    await mapping.calls[0]?.answer(success);
    await running;
    expect(mapping.commits).toEqual([]);
    expect(mapping.topic.lag(0)).toBe(1);
  });
});
