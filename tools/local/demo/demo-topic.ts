import { basename, extname } from 'node:path';
import type { EventOrigin } from '../../../lambda/core/record/mapping-event.ts';
import { Change } from '../mapping/change.ts';
import { MemoryTopic } from '../mapping/memory-topic.ts';
import type { Source } from '../mapping/source.ts';
import { demoRecords, type InputDeps, STANDARD_INPUT } from './input.ts';
import type { DemoOptions } from './options.ts';
import type { ArchivedRecord } from './read-back.ts';

/** A topic that a run archives from its first to its last record. */
export interface DemoTopic {
  readonly source: Source;
  readonly origin: EventOrigin;
  /** Whether its records existed before; otherwise {@link learn} produces them. */
  readonly isFound: boolean;
  /** Describes the topic for the user; ` to <folder>` is appended. */
  readonly description: string;
  /**
   * Reports each record to archive, in the order of its partition, and produces it if it does not exist.
   * Ends early when the signal aborts.
   */
  learn(expect: (record: ArchivedRecord) => void, signal: AbortSignal): Promise<void>;
  /** Number of known offsets that are not committed yet. */
  lag(): number;
}

/** Maximum number of buffered bytes: some batches, however many records the demo has. */
const MAX_BUFFERED_BYTES = 32 * 1024 * 1024;

/** Creates a topic in memory, which the run fills. */
export function memoryDemoTopic(options: DemoOptions, deps: InputDeps): DemoTopic {
  const { partitions } = options;
  const topic = ownTopicName(options);
  const source = new MemoryTopic({ topic, partitions, maxBufferedBytes: MAX_BUFFERED_BYTES });
  return {
    source,
    origin: demoOrigin(topic, 'localhost:9098'),
    isFound: false,
    description: `archiving topic '${topic}' with ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`,
    learn: async (expect, signal) => {
      const produceAll = async () => {
        for await (const record of demoRecords(options, deps)) {
          expect({ ...record, topic, offset: await source.produce(record) });
        }
        source.end();
      };
      // Producing would wait forever once nothing reads the topic.
      await Promise.race([produceAll(), new Change().next(signal)]);
    },
    lag: () => {
      let records = 0;
      for (let partition = 0; partition < partitions; partition++) records += source.lag(partition);
      return records;
    },
  };
}

/** The origin of a run's records, as in the events. */
export function demoOrigin(topic: string, bootstrapServers: string): EventOrigin {
  return {
    topic,
    eventSourceArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/demo/00000000-0000-0000-0000-0',
    bootstrapServers,
    nullStyle: 'null',
  };
}

/** The default topic of a run, named after its records. */
export function ownTopicName({ input, records }: DemoOptions): string {
  if (records !== undefined) return 'orders';
  if (input === undefined) return 'earthquakes';
  if (input === STANDARD_INPUT) return 'stdin';
  return (
    basename(input.replace(/\.gz$/i, ''), extname(input.replace(/\.gz$/i, '')))
      .replace(/[^a-zA-Z0-9_-]/g, '-')
      .slice(0, 200) || 'input'
  );
}
