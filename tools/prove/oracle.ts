import type { HoleClass } from '../../lambda/core/audit/finding.ts';
import { type PartitionFacts, placeOf, type TopicFacts } from './facts.ts';

/**
 * What an offset is: held by an object, or a hole of a class. `expired-unread` was due, and the broker deleted it between
 * two audits, so that `lost` is true of it and `below-log-start` is too.
 */
export type Verdict = HoleClass | 'stored' | 'expired-unread';

/** Verdicts by place, of all offsets below the end of each partition. */
export type Verdicts = ReadonlyMap<string, Verdict>;

/** The offset of each partition, by its number, below which everything is due: it never becomes lower. */
export type Due = ReadonlyMap<number, number>;

/** What one audit knows, by the oracle. */
export interface Judged {
  readonly verdicts: Verdicts;
  readonly due: Due;
  /** The offset behind those of topics that had the name before, by partition; 0 if none had. */
  readonly others: Due;
  /** How many topics had the name before. */
  readonly livesBefore: number;
}

/** What the oracle judges with. */
export interface OracleView {
  readonly facts: TopicFacts;
  /** Places that objects hold. */
  readonly stored: ReadonlySet<string>;
  /** The outermost offsets that keys name, by partition. */
  readonly named: ReadonlyMap<number, { readonly first: number; readonly last: number }>;
  /** What the audit before this one knew: all that is left of what the broker has forgotten. Undefined in a first audit. */
  readonly before: Judged | undefined;
}

/**
 * The verdict of every offset, from what the test itself did. It is written apart from the audit: it shares no code with
 * it, and looks at no key, object or record batch.
 */
export function judgeTopic({ before, facts, named, stored }: OracleView): Judged {
  const verdicts = new Map<string, Verdict>();
  const dues = new Map<number, number>();
  const others = new Map<number, number>();
  const seen: Verdicts = before?.verdicts ?? new Map();
  for (const [partition, of] of facts.partitions.entries()) {
    const outermost = named.get(partition);
    const other = otherLifeEnd(facts, before, { partition, last: outermost?.last ?? -1 });
    const due = Math.max(throughOf(of), other, before?.due.get(partition) ?? 0);
    dues.set(partition, due);
    others.set(partition, other);
    // A mapping that began at the end shows by what it archived that it had begun.
    const isUnknown = of.isFromLatest && before === undefined;
    const start = isUnknown ? Math.max(of.start, Math.min(due, outermost?.first ?? due)) : of.start;
    const end = Math.max(of.lastStable, of.offsets.length, other);
    for (let offset = 0; offset < end; offset += 1) {
      const place = placeOf(partition, offset);
      const ofOther = offset < other ? (seen.get(place) ?? 'another-life') : undefined;
      const isStored = stored.has(place) && (ofOther === undefined || before === undefined);
      const why = () => ofOther ?? hole(facts, of, { due, offset, place, seen, start });
      verdicts.set(place, isStored ? 'stored' : why());
    }
  }
  return { verdicts, due: dues, others, livesBefore: facts.livesBefore };
}

/** An audit without a ledger cannot say which of the stored offsets are of which topic: it calls them all another's. */
function otherLifeEnd(
  { livesBefore }: TopicFacts,
  before: Judged | undefined,
  { last, partition }: { readonly last: number; readonly partition: number },
): number {
  if (livesBefore === 0) return 0;
  if (before === undefined) return last + 1;
  const known = before.livesBefore === livesBefore ? before.others : before.due;
  return known.get(partition) ?? 0;
}

function throughOf({ committed, lastStable }: PartitionFacts): number {
  return Math.min(lastStable, committed ?? 0);
}

function hole(
  { failed }: TopicFacts,
  of: PartitionFacts,
  {
    due,
    offset,
    place,
    seen,
    start,
  }: { due: number; offset: number; place: string; seen: Verdicts; start: number },
): Verdict {
  const before = seen.get(place);
  if (offset >= due) return 'not-yet';
  // A group that was moved back has not read it again yet.
  if (offset >= throughOf(of) && before === 'skipped-by-reset') return before;
  if (offset < start || before === 'before-archive') return 'before-archive';
  const isIn = ({ places }: { readonly places: ReadonlySet<string> }) => places.has(place);
  const kept = failed.find((batch) => batch.state === 'waiting' && isIn(batch));
  if (kept !== undefined) return kept.isOversize ? 'oversize' : 'failed-batch';
  const isForgotten = offset < of.logStart || of.removed.has(offset);
  if (!isForgotten) return remembered(of, offset);
  const isFirst = seen.size === 0;
  return forgotten(of, { offset, seen: before, isFirst });
}

/** The class of an offset that the broker still has. */
function remembered({ offsets, skipped }: PartitionFacts, offset: number): HoleClass {
  const fact = offsets[offset];
  if (fact === undefined) throw new RangeError(`nothing is known of offset ${offset}`);
  if (fact.kind === 'mark') return 'transaction-mark';
  if (fact.transaction?.outcome === 'aborted') return 'aborted';
  if (skipped.has(offset)) return 'skipped-by-reset';
  if (fact.isFiltered) return 'filtered';
  return fact.isOversize ? 'oversize' : 'lost';
}

/** The class of an offset that the broker has no more, given what an earlier audit saw. */
function forgotten(
  of: PartitionFacts,
  { isFirst, offset, seen }: { isFirst: boolean; offset: number; seen: Verdict | undefined },
): Verdict {
  // It existed, and was due; now neither side has it.
  if (seen === 'stored' || seen === 'failed-batch' || seen === 'lost') return 'lost';
  if (seen !== undefined && seen !== 'not-yet') return seen;
  if (of.skipped.has(offset)) return 'skipped-by-reset';
  if (of.removed.has(offset)) return 'compacted';
  return !isFirst && remembered(of, offset) === 'lost' ? 'expired-unread' : 'below-log-start';
}
