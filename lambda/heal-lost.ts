import type { AuditBroker, BrokerRange, BrokerRecord } from './core/audit/broker.ts';
import { committedRecords } from './core/audit/committed-records.ts';
import {
  type FailedBatchWriter,
  type HealJob,
  healEntries,
  type TooLarge,
} from './core/audit/heal.ts';
import type { AuditReport } from './core/audit/report.ts';
import type { CallOptions } from './core/ports.ts';

/** The parts that heal a topic. */
export interface HealDeps {
  readonly broker: Pick<AuditBroker, 'read'>;
  readonly failedBatches: FailedBatchWriter;
  /** Whether the mapping delivers a record, by its filters. */
  readonly matches: (record: BrokerRecord) => boolean;
}

/** How to heal what an audit found. */
export interface HealLostOptions extends Omit<HealJob, 'condition'>, CallOptions {
  /** The most records to write; the rest stays lost until the next audit. */
  readonly mostRecords: number;
}

/** What was healed. */
export interface Healed {
  /** Number of records that were written as failed batches. */
  readonly records: number;
  readonly failedBatches: number;
  /** Records that are too large for a failed batch. They stay lost. */
  readonly tooLarge: readonly TooLarge[];
}

/**
 * The offsets of a report that can be healed: lost, still at the brokers, and not acknowledged. Where a finding has fewer
 * offsets than its range, the records between them are archived again, too: exact duplicates.
 */
export function healableRanges({ partitions }: Pick<AuditReport, 'partitions'>): BrokerRange[] {
  return partitions.flatMap(({ findings }) =>
    findings
      .filter((each) => each.class === 'lost' && each.isOnBroker && !each.acknowledged)
      .map(({ first, last, partition }) => ({ partition, first, last })),
  );
}

/** The records of ranges that the mapping would have delivered, range by range. */
export async function* deliverableRecords(
  { broker, matches }: Pick<HealDeps, 'broker' | 'matches'>,
  ranges: Iterable<BrokerRange>,
  options: CallOptions,
): AsyncGenerator<BrokerRecord, void, undefined> {
  for (const range of ranges) {
    for await (const record of committedRecords(broker, range, options)) {
      if (matches(record)) yield record;
    }
  }
}

/**
 * Writes what an audit found lost as failed batches, which the replay function archives. Any number of audits write the
 * same records once.
 *
 * @throws {ArchiverError} `KAFKA_FAILED`, `STORE_WRITE_FAILED`, `LOAD_FAILED` or `STORE_ABORTED`; what was written
 * before is replayed
 */
export async function healLost(
  deps: HealDeps,
  report: Pick<AuditReport, 'partitions'>,
  { attemptTimeout, mostRecords, signal, ...job }: HealLostOptions,
): Promise<Healed> {
  const calls = { attemptTimeout, signal };
  const records = deliverableRecords(deps, healableRanges(report), calls);
  const tooLarge: TooLarge[] = [];
  const healed = { records: 0, failedBatches: 0, tooLarge };
  const entries = healEntries(firstOf(records, mostRecords), { ...job, condition: 'AuditHeal' });
  for await (const entry of entries) {
    if (!('body' in entry)) tooLarge.push(entry);
    else if ((await deps.failedBatches.write(entry, calls)) === 'created') {
      healed.records += entry.records;
      healed.failedBatches += 1;
    }
  }
  return healed;
}

/** The first records of all, up to a number of them. */
async function* firstOf(
  records: AsyncIterable<BrokerRecord>,
  most: number,
): AsyncGenerator<BrokerRecord, void, undefined> {
  let left = most;
  if (left === 0) return;
  for await (const record of records) {
    yield record;
    left -= 1;
    if (left === 0) return;
  }
}
