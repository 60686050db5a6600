import { basename, extname } from 'node:path';
import type { EventOrigin } from '../../../kafka/mapping-event.ts';
import { Change } from '../mapping/change.ts';
import { MemoryTopic } from '../mapping/memory-topic.ts';
import type { Source } from '../mapping/source.ts';
import { demoRecords } from './input.ts';
import type { DemoOptions } from './options.ts';
import type { ArchivedRecord } from './read-back.ts';

/** A topic that a run archives, from its first record to its last, where it ends. */
export interface DemoTopic {
  readonly source: Source;
  readonly origin: EventOrigin;
  /** Whether its records were there before; else {@link learn} produces them. */
  readonly isFound: boolean;
  /** What the user is told of it, before where it is archived to. */
  readonly description: string;
  /**
   * Tells of each record that is to be archived, in the order of its partition; of what has to be
   * produced, as it is. Ends early when the signal aborts.
   */
  learn(expect: (record: ArchivedRecord) => void, signal: AbortSignal): Promise<void>;
  /** Offsets known of, and not committed yet. */
  lag(): number;
}

/** Bytes that wait in memory at most: some batches, however many records the demo is given. */
const MAX_BUFFERED_BYTES = 32 * 1024 * 1024;

/** A topic in memory, which the run fills. */
export function memoryDemoTopic(options: DemoOptions, now: number): DemoTopic {
  const { partitions } = options;
  const topic = ownTopicName(options);
  const source = new MemoryTopic({ topic, partitions, maxBufferedBytes: MAX_BUFFERED_BYTES });
  return {
    source,
    origin: demoOrigin(topic, 'localhost:9098'),
    isFound: false,
    description: `topic '${topic}', ${partitions} partitions, archived`,
    learn: async (expect, signal) => {
      const produceAll = async () => {
        for await (const record of demoRecords(options, now)) {
          expect({ ...record, topic, offset: await source.produce(record) });
        }
        source.end();
      };
      // Which waits for room in the topic for ever, once nobody reads it.
      await Promise.race([produceAll(), new Change().next(signal)]);
    },
    lag: () => {
      let records = 0;
      for (let partition = 0; partition < partitions; partition++) records += source.lag(partition);
      return records;
    },
  };
}

/** Where a run's records come from, as the events say it. */
export function demoOrigin(topic: string, bootstrapServers: string): EventOrigin {
  return {
    topic,
    eventSourceArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/demo/00000000-0000-0000-0000-0',
    bootstrapServers,
    nullStyle: 'null',
  };
}

/** The topic that a run has when it is given none: named after its records. */
export function ownTopicName({ input, records }: DemoOptions): string {
  if (records !== undefined) return 'orders';
  if (input === undefined) return 'earthquakes';
  return (
    basename(input, extname(input))
      .replace(/[^a-zA-Z0-9_-]/g, '-')
      .slice(0, 200) || 'input'
  );
}
