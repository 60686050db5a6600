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

/** What the oracle judges with. */
export interface OracleView {
  readonly facts: TopicFacts;
  /** Places that objects hold. */
  readonly stored: ReadonlySet<string>;
  /** What the audits before this one have seen: all that is left of what the broker has forgotten. */
  readonly seen: Verdicts;
  readonly due: Due;
}

/**
 * The verdict of every offset, from what the test itself did. It is written apart from the audit: it shares no code with
 * it, and looks at no key, object or record batch.
 */
export function judgeTopic({ due, facts, seen, stored }: OracleView): Verdicts {
  const verdicts = new Map<string, Verdict>();
  for (const [partition, of] of facts.partitions.entries()) {
    const end = Math.max(of.lastStable, of.offsets.length);
    for (let offset = 0; offset < end; offset += 1) {
      const place = placeOf(partition, offset);
      const isStored = stored.has(place);
      const found = isStored
        ? 'stored'
        : hole(facts, of, { due: due.get(partition) ?? 0, offset, place, seen });
      verdicts.set(place, found);
    }
  }
  return verdicts;
}

/** Returns what is due now, given what was due when an earlier audit looked. */
export function dueNow({ partitions }: TopicFacts, before: Due): Due {
  return new Map(
    partitions.map((of, partition) => [
      partition,
      Math.max(throughOf(of), before.get(partition) ?? 0),
    ]),
  );
}

function throughOf({ committed, lastStable }: PartitionFacts): number {
  return Math.min(lastStable, committed ?? 0);
}

function hole(
  { failed }: TopicFacts,
  of: PartitionFacts,
  { due, offset, place, seen }: { due: number; offset: number; place: string; seen: Verdicts },
): Verdict {
  const before = seen.get(place);
  if (offset >= due) return 'not-yet';
  // A group that was moved back has not read it again yet.
  if (offset >= throughOf(of) && before === 'skipped-by-reset') return before;
  if (offset < of.start) return 'before-archive';
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
