import { MemoryTopic } from '../local/mapping/memory-topic.ts';
import { memoryBroker } from './audit.ts';
import type { Cell } from './cell.ts';
import type { ProducedRecord } from './judge.ts';
import { Random } from './random.ts';
import type { FilledTopic } from './scenario.ts';

const HOUR_MS = 3_600_000;
/** The time of the first record, near the end of an hour, so that runs fall into two folders. */
const BEGIN = Date.UTC(2026, 10, 23, 9, 59, 58);

/** A record without an offset. */
export type NewRecord = Omit<ProducedRecord, 'offset'> & { readonly timestamp: number };

/** The records of a scenario, in order within each partition, some without key or value. */
export function newRecords({ topology }: Pick<Cell, 'topology'>, random: Random): NewRecord[] {
  const partitions = topology === 'one-partition' ? 1 : 4;
  return Array.from({ length: partitions }, (_, partition) => {
    const count = 10 + random.below(15);
    const later = random.below(count);
    return Array.from({ length: count }, (__, i) => ({
      partition,
      timestamp: BEGIN + i * 10 + (i > later ? HOUR_MS : 0),
      key: random.chance(0.2) ? null : Buffer.from(`k-${partition}-${i}`),
      value: random.chance(0.1) ? null : Buffer.from(`{"n":${i},"r":${random.next()}}`),
    }));
  }).flat();
}

/** An in-memory topic with a scenario's records. */
export async function memoryTopic(name: string, cell: Cell, seed: number): Promise<FilledTopic> {
  const records = newRecords(cell, new Random(seed));
  const partitions = 1 + Math.max(...records.map(({ partition }) => partition));
  const topic = new MemoryTopic({ topic: name, partitions, maxBufferedBytes: 1e9 });
  const produced: ProducedRecord[] = [];
  for (const record of records) {
    const offset = await topic.produce({ ...record, timestampType: 'CREATE_TIME', headers: [] });
    produced.push({ ...record, offset });
  }
  topic.end();
  return {
    ...{ source: topic, produced, isDone: () => topic.isDone, everyMs: 5 },
    broker: () => memoryBroker(name, produced, (partition) => topic.committed(partition)),
  };
}
