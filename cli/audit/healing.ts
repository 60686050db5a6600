import { MAX_FAILED_BATCH_BYTES } from '../../lambda/contract.ts';
import type { BrokerRange, BrokerRecord } from '../../lambda/core/audit/broker.ts';
import { evaluateFilters } from '../../lambda/core/audit/event-filter.ts';
import { type HealCondition, healEntries, type TooLarge } from '../../lambda/core/audit/heal.ts';
import { formatCount, formatCounted } from '../counts.ts';
import type { TopicContext } from '../mapping/topic-context.ts';
import { formatBatches, tableLines } from '../table.ts';

/** Records to write as failed batches. */
export interface Healing {
  readonly condition: HealCondition;
  /** In the order of partition and offset. */
  readonly records: AsyncIterable<BrokerRecord>;
  /** Whether only to show what would be written. */
  readonly isDryRun: boolean;
}

/** A failed batch that was written, or would be. */
interface WrittenBatch extends BrokerRange {
  readonly key: string;
  readonly records: number;
  /** Bytes of the event. */
  readonly bytes: number;
  /** `waiting`: the bucket has it already, and it is not replayed yet. */
  readonly outcome: 'written' | 'waiting' | 'dry run';
}

/** The result of {@link heal}. */
export interface Healed {
  readonly isDryRun: boolean;
  readonly failedBatches: readonly WrittenBatch[];
  /** Records that no failed batch can hold. */
  readonly tooLarge: readonly TooLarge[];
}

/** Returns whether the filters of the mapping let a record pass, as far as is known. */
export function passes({ mapping }: Pick<TopicContext, 'mapping'>) {
  return ({ value }: BrokerRecord) => evaluateFilters(mapping.filters, value) !== 'fails';
}

/**
 * Writes records as failed batches, or only counts them.
 *
 * @throws {ArchiverError} `KAFKA_FAILED`, `STORE_WRITE_FAILED`, `LOAD_FAILED` or `STORE_ABORTED`
 */
export async function heal(
  { condition, isDryRun, records }: Healing,
  context: TopicContext,
): Promise<Healed> {
  const { calls, mapping, origin } = context;
  const job = { condition, origin, functionArn: mapping.functionArn, now: context.now() };
  const failedBatches: WrittenBatch[] = [];
  const tooLarge: TooLarge[] = [];
  let count = 0;
  for await (const entry of healEntries(records, job)) {
    if (!('body' in entry)) {
      tooLarge.push(entry);
      continue;
    }
    const written = isDryRun ? undefined : await context.failedBatches.write(entry, calls);
    const outcome = written === 'created' ? 'written' : 'waiting';
    const { body: _, ...batch } = entry;
    failedBatches.push({ ...batch, outcome: isDryRun ? 'dry run' : outcome });
    count += entry.records;
    context.progress(`${formatCounted(count, 'record')} read`);
  }
  return { isDryRun, failedBatches, tooLarge };
}

/** What was written, for people. */
export function healedLines(
  { failedBatches, isDryRun, tooLarge }: Healed,
  { archiveFlags, topic }: Pick<TopicContext, 'archiveFlags' | 'topic'>,
) {
  const written = failedBatches.filter(({ outcome }) => outcome !== 'waiting');
  const records = sum(written.map((batch) => batch.records));
  const bytes = formatCounted(sum(written.map((batch) => batch.bytes)), 'byte');
  const what = `${formatCounted(records, 'record')} in ${formatBatches(written.length)} (${bytes})`;
  return [
    isDryRun ? `Would write ${what}; --yes writes them.` : `Wrote ${what}.`,
    ...(failedBatches.length === 0
      ? []
      : [
          '',
          ...tableLines([
            ['PARTITION', 'FIRST', 'LAST', 'RECORDS', 'BYTES', 'OUTCOME', 'KEY'],
            ...failedBatches.map((batch) => [
              ...[batch.partition, batch.first, batch.last].map(String),
              ...[formatCount(batch.records), formatCount(batch.bytes), batch.outcome, batch.key],
            ]),
          ]),
        ]),
    ...tooLarge.map(tooLargeLine),
    ...(isDryRun || failedBatches.length === 0
      ? []
      : [
          '',
          'The replay function archives them like any failed batch: after the setting replayDelaySeconds,',
          `and with retries. Until then, 'kafka-archive status' lists them. Afterwards, audit again:`,
          `  kafka-archive audit${archiveFlags} --topic ${topic}`,
        ]),
  ];
}

function tooLargeLine({ bytes, offset, partition }: TooLarge): string {
  const size = `its failed batch would have ${formatCount(bytes)} bytes`;
  return `NOT WRITTEN: the record at ${partition}:${offset} is too large: ${size}, of at most ${formatCount(MAX_FAILED_BATCH_BYTES)}.`;
}

/** About a mapping with a schema registry, which delivers other bytes than the brokers have; none without one. */
export function registryLines({ mapping }: Pick<TopicContext, 'mapping'>): readonly string[] {
  return mapping.usesRegistry
    ? [
        'NOTE: the mapping has a schema registry, so that it delivers records without their schema ids.',
        'These failed batches keep the bytes that the brokers have, with the schema ids.',
      ]
    : [];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
