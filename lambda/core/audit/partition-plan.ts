import type { PartitionOffsets } from '../object/coverage.ts';
import type { OffsetRange } from '../object/offset-ranges.ts';
import type { BrokerPartition } from './broker.ts';
import type { Finding } from './finding.ts';
import type { PartitionLedger } from './ledger.ts';
import { throughOf } from './segments.ts';

/** What an audit has learnt of a partition before it judges holes. */
export interface KnownPartition {
  readonly partition: number;
  /** As the broker described it before the listing; undefined if it has no such partition, or was not asked. */
  readonly at: BrokerPartition | undefined;
  readonly hasBroker: boolean;
  /** What earlier audits know; undefined in the first one. */
  readonly ledger: PartitionLedger | undefined;
  /** From the first to the last offset that objects or failed batches name; undefined if none does. */
  readonly seen: OffsetRange | undefined;
  /** What keys say of the partition. */
  readonly offsets: PartitionOffsets;
  /** Why what is stored is of another life of the topic, although the broker may have these offsets; undefined if not. */
  readonly otherLife: string | undefined;
  /** Whether an object holds an offset that the log does not have yet. */
  readonly isBeyondEnd: boolean;
  /** Offset of the first record at or after the starting time; `latest` for the end; undefined for the beginning. */
  readonly start: number | 'latest' | undefined;
  /** ISO 8601. */
  readonly seenAt: string;
}

/** What an audit is to judge of a partition. */
export interface PartitionPlan {
  readonly ledger: PartitionLedger;
  /** Exclusive. */
  readonly through: number;
  readonly lastStable: number;
  /** See `PartitionEvidence`, like the next two. */
  readonly floor: number;
  readonly lastLogStart: number | undefined;
  readonly archiveStart: number;
}

const LOG_ENDS_BELOW = 'The log of the partition ends below offsets that objects hold.';

/**
 * Plans the audit of a partition: from which offset on the archive has to answer for it, where the audit ends, and which
 * offsets are of another life of the topic. Those are a finding and no holes; the audit of the new life begins behind
 * them.
 */
export function planPartition(known: KnownPartition): PartitionPlan {
  const { at, hasBroker, partition, seen } = known;
  if (!hasBroker) return planWithoutBroker(known);
  const logStart = at?.logStart ?? 0;
  const due = Math.min(at?.lastStable ?? 0, at?.committed ?? 0);
  const from = Math.min(logStart, seen?.first ?? logStart, due);
  const first = known.ledger ?? { partition, from, segments: [], findings: [], logStart };
  const ledger = withOtherLife(first, known);
  const oldEnd = endOfOtherLife(ledger);
  const judged = throughOf(ledger);
  const through = Math.max(judged, due);
  const isOtherLife = ledger !== first;
  return {
    ...{ ledger, through, lastStable: at?.lastStable ?? through },
    floor: Math.max(logStart, oldEnd),
    lastLogStart: isOtherLife ? undefined : known.ledger?.logStart,
    archiveStart: ledger.segments.length === 0 ? archiveStart(known, through) : 0,
  };
}

/** Returns the offset behind those of another life; 0 if there is none. */
export function endOfOtherLife({ findings }: Pick<PartitionLedger, 'findings'>): number {
  return findings
    .filter(({ class: kind }) => kind === 'another-life')
    .reduce((end, { last }) => Math.max(end, last + 1), 0);
}

/** Without brokers, the archive answers for what objects name. */
function planWithoutBroker({ ledger: earlier, partition, seen }: KnownPartition): PartitionPlan {
  const first = seen?.first ?? 0;
  const ledger = earlier ?? { partition, from: first, segments: [], findings: [], logStart: first };
  const through = Math.max(throughOf(ledger), (seen?.last ?? -1) + 1);
  return { ledger, through, lastStable: through, floor: 0, lastLogStart: 0, archiveStart: 0 };
}

function archiveStart({ seen, start }: KnownPartition, through: number): number {
  // What precedes the first evidence of the mapping cannot be proven to be due.
  if (start === 'latest') return Math.min(through, seen?.first ?? through);
  return start ?? 0;
}

function withOtherLife(ledger: PartitionLedger, known: KnownPartition): PartitionLedger {
  const { offsets, partition, seenAt } = known;
  const evidence = known.otherLife ?? (isBehindEnd(known) ? LOG_ENDS_BELOW : undefined);
  const range = evidence === undefined ? undefined : otherRange(ledger, known);
  if (evidence === undefined || range === undefined) return ledger;
  if (range.first > range.last || endOfOtherLife(ledger) > range.last) return ledger;
  const isJudged = ledger.segments.length > 0;
  const named = offsets.namedIn(range) ?? offsets.spans.countIn(range);
  const stored = isJudged && !isBehindEnd(known) ? storedOf(ledger) : named;
  const finding: Finding = {
    ...{ partition, ...range, class: 'another-life', offsets: stored, seenAt, evidence },
    isOnBroker: false,
  };
  const findings = [...ledger.findings.map((each) => ({ ...each, isOnBroker: false })), finding];
  if (isJudged) return { ...ledger, findings };
  const holes = range.last - range.first + 1 - stored;
  const segment = {
    ...{ ...range, stored, longestHole: 0 },
    ...offsets.evidenceIn(range),
    holes: holes > 0 ? { 'another-life': holes } : {},
  };
  return { ...ledger, from: range.first, segments: [segment], findings };
}

/** The offsets of another life: those that audits have judged, those behind the end of the log, or all that are seen. */
function otherRange(ledger: PartitionLedger, known: KnownPartition): OffsetRange | undefined {
  const { at, seen } = known;
  if (ledger.segments.length === 0) return seen;
  if (isBehindEnd(known)) return seen && { first: at?.end ?? 0, last: seen.last };
  return { first: Math.max(ledger.from, endOfOtherLife(ledger)), last: throughOf(ledger) - 1 };
}

/**
 * Whether only what lies behind the end of the log is known to be of another life. Where the topic itself is another one,
 * all that is judged is, however far its new log has come.
 */
function isBehindEnd({ isBeyondEnd, otherLife }: KnownPartition): boolean {
  return isBeyondEnd && otherLife === undefined;
}

function storedOf({ segments }: PartitionLedger): number {
  return segments.reduce((sum, { stored }) => sum + stored, 0);
}
