import { auditTopic } from '../../lambda/audit-topic.ts';
import type { AuditBroker, BrokerBatch } from '../../lambda/core/audit/broker.ts';
import {
  type AuditReport,
  openFindings,
  type PartitionReport,
} from '../../lambda/core/audit/report.ts';
import type { FailedBatchListing } from '../../lambda/core/ports.ts';
import { createS3Source } from '../../lambda/io/s3-archive-source.ts';
import { createS3FailedBatchStore } from '../../lambda/io/s3-failed-batch-store.ts';
import { MemoryDerived } from '../prove/memory-derived.ts';
import type { ProducedRecord } from './judge.ts';
import { buckets, type World } from './world.ts';

/** A topic whose archive is audited. */
export interface AuditedTopic {
  readonly topic: string;
  readonly broker: AuditBroker;
  /** Offset after the last record of each partition. */
  readonly ends: ReadonlyMap<number, number>;
  /** @default - stored by functions, without a delivery stream */
  readonly isStreamed?: boolean;
}

/** Nothing that is committed is due before a delivery stream has surely delivered it. */
const STREAM_DELAY_MS = 31 * 60_000;

const calls = { signal: new AbortController().signal, attemptTimeout: 60_000 };

/**
 * Audits what a scenario has archived with the code of the product: a second judge beside the scenario's own, which was
 * written apart from it.
 *
 * @param isFinished whether everything must be archived; otherwise only what the group has committed
 * @returns what does not balance, in words
 */
export async function auditScenario(
  { client }: World,
  { broker, ends, isStreamed = false, topic }: AuditedTopic,
  isFinished: boolean,
): Promise<string[]> {
  // Every scenario has a topic of its own.
  const { hours, ledgers } = new MemoryDerived();
  const audit = (startedAt: number) =>
    auditTopic(
      {
        broker,
        archive: createS3Source(client, buckets.archive, calls),
        ...{ ledgers, hours },
        resets: { load: async () => [] },
        failedBatches: ofTopic(topic, createS3FailedBatchStore(client, buckets.failed)),
      },
      {
        ...{ topic, group: `group-${topic}`, start: 'earliest', filters: [] },
        ...{ objectPrefix: '', timeFolder: 'hour', startedAt },
        ...{ listing: 'full', fullListingDays: 1, read: 'all', expirationDays: undefined },
        ...calls,
      },
    );
  const now = Date.now();
  const first = await audit(now);
  const report = isStreamed ? await audit(now + STREAM_DELAY_MS) : first;
  return [...balance(report), ...(isFinished ? behind(report, ends) : [])];
}

/** What is open, and partitions whose offsets do not add up. */
function balance(report: AuditReport): string[] {
  const open = openFindings(report).map(
    ({ class: kind, first, last, partition }) =>
      `the audit finds ${kind} ${partition}:${first}-${last}`,
  );
  const unequal = report.partitions.filter(({ from, stored, through, ...rest }) => {
    return stored + holesOf(rest) !== Math.max(0, through - from);
  });
  return [
    ...open,
    ...unequal.map(({ partition }) => `the audit of partition ${partition} is uneven`),
  ];
}

function holesOf({ holes }: Pick<PartitionReport, 'holes'>): number {
  const due = { ...holes, 'not-yet': 0 };
  return Object.values(due).reduce((sum, count) => sum + count, 0);
}

function behind(report: AuditReport, ends: AuditedTopic['ends']): string[] {
  return [...ends].flatMap(([partition, end]) => {
    const through = report.partitions.find((each) => each.partition === partition)?.through ?? 0;
    return through === end
      ? []
      : [`the audit of partition ${partition} ends at ${through}, not ${end}`];
  });
}

/** The failed batches of one scenario: the bucket has those of all. */
function ofTopic(topic: string, listing: FailedBatchListing): FailedBatchListing {
  return {
    list: ({ after }, options) => listing.list({ prefix: `aws/lambda/${topic}`, after }, options),
    mark: (pointer, options) => listing.mark(pointer, options),
    summary: (pointer, options) => listing.summary(pointer, options),
  };
}

/** The offset after the last record of each partition. */
export function endsOf(records: readonly ProducedRecord[]): ReadonlyMap<number, number> {
  const ends = new Map<number, number>();
  for (const { offset, partition } of records) {
    ends.set(partition, Math.max(ends.get(partition) ?? 0, offset + 1));
  }
  return ends;
}

/**
 * Brokers in memory that have these records, and between them offsets that compaction has removed.
 *
 * @param committed the offset that the group reads next, by partition
 */
export function memoryBroker(
  topic: string,
  records: readonly ProducedRecord[],
  committed: (partition: number) => number,
): AuditBroker {
  const ends = endsOf(records);
  const offsets = [...ends.values()].reduce((sum, end) => sum + end, 0);
  const logs = Map.groupBy(records, ({ partition }) => partition);
  return {
    describe: async () => ({
      ...{ topic, topicId: topic },
      settings: {
        ...{ isCompacted: records.length < offsets, timestampType: 'CreateTime' },
        ...{ beforeMaxMs: undefined, own: {} },
      },
      partitions: [...ends].map(([partition, end]) => ({
        ...{ partition, logStart: 0, lastStable: end, end, committed: committed(partition) },
      })),
    }),
    offsetsAt: async () => ends,
    read: async function* ({ first, last, partition }) {
      for (const record of logs.get(partition) ?? []) {
        if (record.offset < first) continue;
        yield batchOf(record);
        if (record.offset >= last) return;
      }
    },
  };
}

function batchOf({ timestamp, ...record }: ProducedRecord): BrokerBatch {
  return {
    ...{ firstOffset: record.offset, lastOffset: record.offset, producerId: -1n },
    ...{ isTransactional: false, control: undefined },
    records: [{ ...record, timestamp: timestamp ?? -1, timestampType: 'CREATE_TIME', headers: [] }],
  };
}
