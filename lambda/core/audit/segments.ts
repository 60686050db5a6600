import { ArchiverError } from '../errors.ts';
import { type ListedEvidence, type PartitionOffsets, sumOfDigests } from '../object/coverage.ts';
import { type OffsetRange, OffsetRanges } from '../object/offset-ranges.ts';
import { type SortedRanges, sizeOf, without } from '../object/range-sets.ts';
import {
  countedClasses,
  type Finding,
  type HoleClass,
  type HoleTally,
  holeClasses,
} from './finding.ts';
import type { PartitionLedger, Segment } from './ledger.ts';

/** Why a full listing has found offsets missing, where the broker has them no more. */
const MISSING = 'Objects held the offsets at an earlier audit, and no object holds them any more.';

/** Segments of a partition: enough that judging one again, after something was deleted, reads a part of the archive. */
const MOST_SEGMENTS = 16;

/** A segment that an audit has judged, with those of its holes that are not merely counted. */
export interface JudgedRange extends Segment {
  /** In order, all of them in the range. Their offsets are in the tally, too. */
  readonly findings: readonly Finding[];
}

/** What a full listing shows of a segment that has changed. */
export interface RelistedSegment extends ListedEvidence {
  /** Number of distinct offsets that objects hold now. */
  readonly stored: number;
  /** The ranges that no object holds, in order: all of those in findings, and others as far as keys name them. */
  readonly holes: SortedRanges;
  /** What holes turned out to be that the ledger does not know, as far as the broker has their records. */
  readonly found: readonly Finding[];
  /** ISO 8601. */
  readonly seenAt: string;
  /** What is missing and no longer at the broker: `lost`, unless a lifecycle rule expires objects that old. */
  readonly missing: 'lost' | 'expired';
}

/** What the keys of a full listing, or the bodies where keys do not say enough, show of a segment. */
export type ListedSegment = Pick<RelistedSegment, keyof ListedEvidence | 'stored' | 'holes'>;

/** What has become of the offsets of a finding, all together as many as it has. */
export interface SettledFinding {
  /** Offsets that objects hold now. */
  readonly stored: number;
  /** Offsets that are merely counted now. */
  readonly holes: HoleTally;
  /** What remains to be looked at. */
  readonly findings: readonly Finding[];
}

/** Returns the first offset that no audit has judged. */
export function throughOf({ from, segments }: PartitionLedger): number {
  const last = segments.at(-1);
  return last === undefined ? from : last.last + 1;
}

/**
 * Adds ranges that were judged, each of which begins where the one before it ends. Segments are joined, the shortest
 * first, until few are left.
 *
 * @throws {ArchiverError} `UNEXPECTED` if a range does not follow, or if its stored offsets and holes do not add up
 */
export function extend(ledger: PartitionLedger, judged: readonly JudgedRange[]): PartitionLedger {
  let through = throughOf(ledger);
  for (const { findings, ...segment } of judged) {
    if (segment.first !== through) {
      const problem = `offset ${segment.first} of partition ${ledger.partition} follows ${through - 1}`;
      throw new ArchiverError('UNEXPECTED', `the ledger has a gap: ${problem}`);
    }
    check(ledger, segment);
    through = segment.last + 1;
  }
  const segments = judged.map(({ findings, ...segment }) => segment);
  const findings = judged.flatMap((each) => each.findings);
  return {
    ...ledger,
    segments: joined([...ledger.segments, ...segments]),
    findings: inOrder([...ledger.findings, ...findings]),
  };
}

/** Returns the segments of which a full listing shows something else than the last one did: they are judged again. */
export function changedSegments(
  { segments }: PartitionLedger,
  offsets: PartitionOffsets,
): readonly Segment[] {
  return segments.filter((segment) => {
    const { digest, spanned, unsure } = offsets.evidenceIn(segment);
    const isSame = spanned === segment.spanned && unsure === segment.unsure;
    return !isSame || digest !== segment.digest;
  });
}

/** Whether a segment has as many stored offsets as before, and others. */
export function isMoved(before: Segment, { digest, stored }: ListedSegment): boolean {
  return stored === before.stored && before.digest !== undefined && digest !== before.digest;
}

/**
 * Returns what a full listing shows of a segment, as far as {@link relist} needs it; undefined where the keys do not say
 * how many offsets are stored. Then bodies are read: `stored` is what they hold, and `holes` those of the segment.
 */
export function listedSegment(
  segment: OffsetRange,
  offsets: PartitionOffsets,
): ListedSegment | undefined {
  const stored = offsets.namedIn(segment);
  if (stored === undefined) return undefined;
  return { ...offsets.evidenceIn(segment), stored, holes: [...offsets.spans.gapsIn(segment)] };
}

/**
 * Judges a segment again. What an earlier audit has explained stays explained, although the broker may have forgotten
 * it: only the difference in stored offsets is new. Offsets that are missing, and that the broker does not have either,
 * become a finding in each range that had no hole; where holes were that long before, one finding spans all that it can
 * be. Offsets that are stored now are taken from findings first, as far as objects hold offsets of theirs.
 *
 * @throws {ArchiverError} `UNEXPECTED` if more is stored than the segment has
 */
export function relist(
  ledger: PartitionLedger,
  segment: Segment,
  now: RelistedSegment,
): PartitionLedger {
  const own = ledger.findings.filter((finding) => isWithin(finding, segment));
  const others = ledger.findings.filter((finding) => !isWithin(finding, segment));
  const found = now.found.reduce((sum, { offsets }) => sum + offsets, 0);
  const count = segment.stored - now.stored - found;
  const known = [...own, ...now.found];
  const { partition } = ledger;
  const lost = count > 0 ? missingIn(segment, { ...now, known, count, partition }) : [];
  const kept = takeBack(segment.holes, own, { count: Math.max(0, -count), holes: now.holes });
  const { digest, spanned, stored, unsure } = now;
  const holes = [...now.found, ...lost].reduce(
    (tally, each) => plus(tally, classTally(each)),
    kept.holes,
  );
  const judged = { ...segment, digest, spanned, stored, unsure, holes };
  check(ledger, judged);
  return {
    ...ledger,
    segments: ledger.segments.map((each) => (each === segment ? judged : each)),
    findings: inOrder([...others, ...kept.findings, ...now.found, ...lost]),
  };
}

/**
 * Replaces a finding by what has become of its offsets: healed ones are stored, and others may have another class now.
 *
 * @param finding one of the ledger's own
 * @throws {ArchiverError} `UNEXPECTED` if there are more or fewer offsets than the finding has
 */
export function settle(
  ledger: PartitionLedger,
  finding: Finding,
  { findings, holes, stored }: SettledFinding,
): PartitionLedger {
  const segments = ledger.segments.map((segment) => {
    if (!isWithin(finding, segment)) return segment;
    const left = minus(segment.holes, classTally(finding));
    const all = findings.map(classTally).reduce(plus, plus(left, holes));
    const settled = { ...segment, stored: segment.stored + stored, holes: all };
    check(ledger, settled);
    return settled;
  });
  const others = ledger.findings.filter((each) => each !== finding);
  return { ...ledger, segments, findings: inOrder([...others, ...findings]) };
}

/** Notes the log start that an audit has seen: findings that lie below it are on the broker no more. */
export function atLogStart(ledger: PartitionLedger, logStart: number): PartitionLedger {
  const findings = ledger.findings.map((finding) =>
    finding.last < logStart ? { ...finding, isOnBroker: false } : finding,
  );
  return { ...ledger, logStart, findings };
}

/** Returns the sum of all holes by class, without classes that have none. */
export function holesOf({ segments }: PartitionLedger): HoleTally {
  return segments.map(({ holes }) => holes).reduce(plus, {});
}

/** Returns the sum of two tallies. */
export function plus(one: HoleTally, other: HoleTally): HoleTally {
  const sum: Partial<Record<HoleClass, number>> = {};
  for (const kind of holeClasses) {
    const count = (one[kind] ?? 0) + (other[kind] ?? 0);
    if (count > 0) sum[kind] = count;
  }
  return sum;
}

function minus(tally: HoleTally, taken: HoleTally): HoleTally {
  const negative = Object.entries(taken).map(([kind, count]) => [kind, -count]);
  return plus(tally, Object.fromEntries(negative));
}

/** The holes of a finding. */
function classTally(finding: Finding): HoleTally {
  return isStored(finding) ? {} : { [finding.class]: finding.offsets };
}

/** Whether a finding is about offsets that are stored, and not about holes. */
function isStored({ class: kind }: Finding): boolean {
  return kind === 'conflict' || kind === 'another-life';
}

/** Whether a finding says how many offsets are missing, and only about where. */
function isInferred({ evidence }: Finding): boolean {
  return evidence === MISSING;
}

/** What is missing of a segment, and at the broker no more. */
interface MissingOffsets extends RelistedSegment {
  readonly partition: number;
  /** Findings that explain holes already. */
  readonly known: readonly Finding[];
  /** Number of offsets. */
  readonly count: number;
}

function missingIn(
  segment: Segment,
  { count, holes, known, missing, partition, seenAt }: MissingOffsets,
): Finding[] {
  const explained = new OffsetRanges();
  for (const range of known) explained.add(range);
  const all = holes.flatMap((hole) => [...explained.gapsIn(hole)]);
  const longer = all.filter((hole) => sizeOf([hole]) > segment.longestHole);
  // Without one that is longer than before, the offsets can be in any hole.
  const places = sizeOf(longer) < count ? all : longer;
  const shared = {
    ...{ partition, class: missing, seenAt, isOnBroker: false },
    evidence: MISSING,
  };
  if (sizeOf(places) === count) {
    return places.map((place) => ({ ...shared, ...place, offsets: sizeOf([place]) }));
  }
  // Bodies may have held what keys do not show as a hole.
  const spanned = sizeOf(places) < count ? [segment] : places;
  const { first } = spanned[0] as OffsetRange;
  const { last } = spanned.at(-1) as OffsetRange;
  return [{ ...shared, first, last, offsets: count }];
}

/** Takes offsets that are stored now out of findings, the newest first, and then out of holes that are counted. */
function takeBack(
  tallied: HoleTally,
  findings: readonly Finding[],
  { count, holes }: { readonly count: number; readonly holes: SortedRanges },
): Pick<JudgedRange, 'holes' | 'findings'> {
  let left = count;
  const take = (...most: readonly number[]) => {
    const taken = Math.min(left, ...most);
    left -= taken;
    return taken;
  };
  let tally = tallied;
  const kept = findings.toReversed().flatMap((finding) => {
    if (isStored(finding)) return finding;
    const most = isInferred(finding) ? finding.offsets : sizeOf(without([finding], holes));
    const taken = take(finding.offsets, most);
    tally = minus(tally, { [finding.class]: taken });
    return taken === finding.offsets ? [] : { ...finding, offsets: finding.offsets - taken };
  });
  for (const kind of countedClasses) tally = minus(tally, { [kind]: take(tally[kind] ?? 0) });
  return { holes: tally, findings: kept };
}

/** Joins the neighbours that are shortest together until there are few, the oldest ones of several that are. */
function joined(segments: readonly Segment[]): Segment[] {
  const left = [...segments];
  while (left.length > MOST_SEGMENTS) {
    let shortest = 0;
    for (let index = 1; index < left.length - 1; index++) {
      if (pairAt(left, index) < pairAt(left, shortest)) shortest = index;
    }
    const [one, other] = left.slice(shortest, shortest + 2) as [Segment, Segment];
    const hasDigests = one.digest !== undefined && other.digest !== undefined;
    left.splice(shortest, 2, {
      first: one.first,
      last: other.last,
      stored: one.stored + other.stored,
      holes: plus(one.holes, other.holes),
      longestHole: Math.max(one.longestHole, other.longestHole),
      spanned: one.spanned + other.spanned,
      unsure: one.unsure + other.unsure,
      ...(hasDigests && { digest: sumOfDigests(one.digest, other.digest) }),
    });
  }
  return left;
}

function pairAt(segments: readonly Segment[], index: number): number {
  return (segments[index + 1] as Segment).last - (segments[index] as Segment).first;
}

/** @throws {ArchiverError} `UNEXPECTED` if stored offsets and holes are not all that the segment has */
function check({ partition }: PartitionLedger, { first, last, holes, stored }: Segment): void {
  const counted = Object.values(holes).reduce((sum, count) => sum + count, stored);
  if (counted === last - first + 1 && stored >= 0) return;
  const problem = `${counted} of the offsets ${first} to ${last} of partition ${partition} are judged`;
  throw new ArchiverError('UNEXPECTED', `the ledger does not balance: ${problem}`);
}

function isWithin(inner: OffsetRange, outer: OffsetRange): boolean {
  return inner.first >= outer.first && inner.last <= outer.last;
}

function inOrder(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => a.first - b.first);
}
