import type { BrokerPartition, BrokerRange } from '../../lambda/core/audit/broker.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';
import { deliverableRecords } from '../../lambda/heal-lost.ts';
import type { OpenAuditBroker } from '../../lambda/io/audit-broker.ts';
import { heal, healedLines, passes, registryLines } from '../audit/healing.ts';
import { formatCount, formatCounted } from '../counts.ts';
import type { TopicContext } from '../mapping/topic-context.ts';
import { UsageError } from '../usage-error.ts';

/** What to archive again. */
export interface BackfillOptions {
  readonly range: BrokerRange;
  /** Whether to archive records that the filters of the mapping leave out. */
  readonly includeFiltered: boolean;
  /** Whether to write, and not only to show. */
  readonly yes: boolean;
}

/**
 * Archives the records of a range as a failed batch, or shows what it would write.
 *
 * @throws {ArchiverError} `KAFKA_FAILED` for a range that the brokers do not have whole
 */
export async function backfill(
  { includeFiltered, range, yes }: BackfillOptions,
  context: TopicContext,
): Promise<void> {
  const { broker, partition } = await openPartition(range, context);
  const { committed = partition.end } = partition;
  let filtered = 0;
  const isWanted = passes(context);
  const matches: typeof isWanted = (record) => {
    if (includeFiltered || isWanted(record)) return true;
    filtered += 1;
    return false;
  };
  const records = deliverableRecords({ broker, matches }, [range], context.calls);
  const healed = await heal({ condition: 'Backfill', isDryRun: !yes, records }, context);
  context.answer({ topic: context.topic, ...range, filtered, ...healed }, () => [
    ...healedLines(healed, context),
    ...(filtered === 0
      ? []
      : [
          `Left out ${formatCounted(filtered, 'record')} that the mapping filters; --include-filtered has them.`,
        ]),
    ...(range.last < committed
      ? []
      : [
          `NOTE: the mapping has not read partition ${range.partition} beyond offset ${formatCount(committed)} yet, and will deliver the rest, too.`,
          'Records that are archived twice are duplicates, which readers drop.',
        ]),
    ...registryLines(context),
  ]);
}

/**
 * Opens the brokers and checks that a partition has a range.
 *
 * @throws {UsageError} without brokers; {@link ArchiverError} `KAFKA_FAILED`
 */
export async function openPartition(
  { first, last, partition: wanted }: BrokerRange,
  { calls, openBroker, topic }: TopicContext,
): Promise<{ readonly broker: OpenAuditBroker; readonly partition: BrokerPartition }> {
  if (openBroker === undefined) {
    throw new UsageError('--brokers or KAFKA_BOOTSTRAP_SERVERS is needed');
  }
  const broker = await openBroker();
  const described = await broker.describe(calls);
  const partition = described?.partitions.find((each) => each.partition === wanted);
  if (partition === undefined) {
    throw new ArchiverError(
      'KAFKA_FAILED',
      `the brokers have no partition ${wanted} of '${topic}'`,
    );
  }
  const { lastStable, logStart } = partition;
  if (first >= logStart && last < lastStable) return { broker, partition };
  const has = logStart < lastStable ? `offsets ${logStart} to ${lastStable - 1}` : 'no offset';
  throw new ArchiverError(
    'KAFKA_FAILED',
    `the brokers have ${has} of partition ${wanted} of '${topic}'`,
  );
}
