import type {
  AuditBroker,
  BrokerBatch,
  BrokerRange,
  BrokerTopic,
} from '../../lambda/core/audit/broker.ts';
import type { TopicTraits } from './archived-topic.ts';
import type { PartitionFacts } from './facts.ts';
import type { MemoryLog } from './memory-log.ts';

/** What is at the brokers. */
export interface TopicInMemory {
  readonly topicId: string;
  readonly traits: TopicTraits;
  readonly logs: readonly MemoryLog[];
  factsOf(partition: number): PartitionFacts;
  log(partition: number): MemoryLog;
}

/** The brokers of a simulated topic, as an audit sees them. */
export class MemoryBroker implements AuditBroker {
  readonly #topic: TopicInMemory;

  constructor(topic: TopicInMemory) {
    this.#topic = topic;
  }

  async describe(): Promise<BrokerTopic> {
    const { logs, topicId, traits } = this.#topic;
    return {
      topic: traits.topic,
      topicId,
      settings: {
        isCompacted: traits.isCompacted,
        timestampType: 'CreateTime',
        beforeMaxMs: undefined,
        own: traits.isCompacted ? { 'cleanup.policy': 'compact' } : {},
      },
      partitions: logs.map(({ end, lastStable, logStart, partition }) => ({
        ...{ partition, logStart, lastStable, end },
        committed: this.#topic.factsOf(partition).committed,
      })),
    };
  }

  async offsetsAt(timestamp: number): Promise<ReadonlyMap<number, number>> {
    const isRecent = (record: { readonly timestamp: number }) => record.timestamp >= timestamp;
    return new Map(
      this.#topic.logs.map(({ batches, end, logStart, partition }) => {
        const records = batches.flatMap((batch) => batch.records);
        const first = records.find((record) => record.offset >= logStart && isRecent(record));
        return [partition, first?.offset ?? end];
      }),
    );
  }

  async *read({ first, last, partition }: BrokerRange): AsyncGenerator<BrokerBatch> {
    const { batches, logStart } = this.#topic.log(partition);
    const from = Math.max(first, logStart);
    for (const batch of batches) {
      if (batch.lastOffset < from) continue;
      yield batch;
      if (batch.lastOffset >= last) return;
    }
  }
}
