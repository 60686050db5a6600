import type { BrokerTopic } from './broker.ts';
import type { Finding, HoleClass, HoleTally } from './finding.ts';
import { endOfPeriod, type HourPeriod, startOfPeriod } from './hour-period.ts';
import { type HourRecord, type WhyOpen, whyOpen } from './hour-record.ts';
import type { PartitionReport } from './report.ts';

/** By how much the clocks of brokers and of the audit may differ. */
const CLOCK_MARGIN_MS = 60_000;
/** By how much the timestamps of producers may be ahead. */
const PRODUCER_MARGIN_MS = 86_400_000;

/** What an audit knows when it judges an hour. */
export interface HourKnowledge {
  /** Epoch milliseconds: when the audit began. */
  readonly asOf: number;
  /** As it was before the listing; undefined where the claim is `listed`. */
  readonly broker: BrokerTopic | undefined;
  readonly partitions: readonly PartitionReport[];
}

/** Whether records may still come. */
export type HourState = Pick<HourRecord, 'settled' | 'closed' | 'why_open'>;

/** When the brokers have everything that producers sent within the hour: epoch milliseconds. */
export function settlesAt(period: HourPeriod): number {
  return endOfPeriod(period) + CLOCK_MARGIN_MS;
}

/**
 * When the brokers refuse records of an hour, by their own settings: epoch milliseconds; undefined if they never do.
 * https://kafka.apache.org/documentation/#topicconfigs_message.timestamp.before.max.ms
 */
export function closesAt(
  period: HourPeriod,
  { beforeMaxMs, timestampType }: BrokerTopic['settings'],
): number | undefined {
  if (timestampType === 'LogAppendTime') return settlesAt(period);
  return beforeMaxMs === undefined ? undefined : settlesAt(period) + beforeMaxMs;
}

/**
 * Judges whether records of an hour may still come.
 *
 * @param earlier the record of the hour, if it has one
 */
export function judgeHour(
  period: HourPeriod,
  { asOf, broker, partitions }: HourKnowledge,
  earlier: HourRecord | undefined,
): HourState {
  if (broker === undefined) return open(whyOpen.notAsked);
  const hour = { period, earlier };
  const findings = partitions.flatMap((each) => each.findings);
  if (findings.some((each) => isBlocking(each) && mayBelong(each, hour))) {
    return open(whyOpen.findings);
  }
  const through = new Map(partitions.map((each) => [each.partition, each.through]));
  const isArchivedTo = (ends: ReadonlyMap<number, number | undefined>) =>
    broker.partitions.every(
      ({ partition }) => (through.get(partition) ?? 0) >= (ends.get(partition) ?? 0),
    );
  /** Whether everything is archived that the brokers had at some time after this one. */
  const isArchivedAt = (time: number) => {
    const now = new Map(broker.partitions.map(({ end, partition }) => [partition, end]));
    if (asOf >= time && isArchivedTo(now)) return true;
    if (earlier?.claim !== 'audited' || Date.parse(earlier.asOf) < time) return false;
    return isArchivedTo(new Map(earlier.partitions.map(({ end, partition }) => [partition, end])));
  };
  if (earlier?.settled !== true && !isArchivedAt(settlesAt(period))) {
    return open(whyOpen.notArchived);
  }
  const time = closesAt(period, broker.settings);
  if (time === undefined) return { settled: true, closed: false, why_open: whyOpen.unbounded };
  if (asOf < time) return { settled: true, closed: false, why_open: whyOpen.notPast };
  if (earlier?.closed === true || isArchivedAt(time)) return { settled: true, closed: true };
  return { settled: true, closed: false, why_open: whyOpen.notArchived };
}

function open(why_open: WhyOpen): HourState {
  return { settled: false, closed: false, why_open };
}

/** Classes whose records can still come into the archive. */
const blockingClasses: readonly Finding['class'][] = ['lost', 'unexplained', 'failed-batch'];

function isBlocking({ acknowledged, class: kind }: Finding): boolean {
  return blockingClasses.includes(kind) && acknowledged === undefined;
}

/** An hour to which a finding may belong. */
export interface FindingHour {
  readonly period: HourPeriod;
  /** The record of the hour, if it has one. */
  readonly earlier: HourRecord | undefined;
  /** The first and the last offset that the hour has of the finding's partition; undefined without records. */
  readonly offsets?: { readonly first: number; readonly last: number } | undefined;
}

/**
 * Whether the holes of a finding may belong to an hour: by their timestamps if those are known. Otherwise, holes between
 * the hour's own offsets may, and those that block an hour, unless they came after it or were found long before it.
 */
function mayBelong(finding: Finding, { earlier, offsets, period }: FindingHour): boolean {
  const { first, last, seenAt, times } = finding;
  if (times !== undefined) {
    return times.last >= startOfPeriod(period) && times.first < endOfPeriod(period);
  }
  if (!isBlocking(finding)) {
    return offsets !== undefined && last >= offsets.first && first <= offsets.last;
  }
  const isOlder = Date.parse(seenAt) + PRODUCER_MARGIN_MS < startOfPeriod(period);
  return !isOlder && first < endOfHour(finding.partition, period, earlier);
}

/** Returns the offset from which on a partition has nothing but late records of an hour; infinite if unknown. */
function endOfHour(partition: number, period: HourPeriod, earlier: HourRecord | undefined): number {
  if (earlier?.claim !== 'audited' || Date.parse(earlier.asOf) < settlesAt(period)) {
    return Number.POSITIVE_INFINITY;
  }
  const { end = 0, through = 0 } =
    earlier.partitions.find((each) => each.partition === partition) ?? {};
  return earlier.settled ? through : end;
}

/** Counts the holes of a partition that may belong to an hour, by class. */
export function hourHoles(findings: readonly Finding[], hour: FindingHour): HoleTally {
  const holes: Partial<Record<HoleClass, number>> = {};
  for (const finding of findings) {
    const { class: kind, offsets: count } = finding;
    if (kind === 'conflict' || !mayBelong(finding, hour)) continue;
    holes[kind] = (holes[kind] ?? 0) + count;
  }
  return holes;
}
