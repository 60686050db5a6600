import type { ArchiveListing } from './audit-listing.ts';
import type { AuditBroker } from './core/audit/broker.ts';
import { explainHoles, type PartitionEvidence } from './core/audit/explain-holes.ts';
import type { Finding, HoleTally } from './core/audit/finding.ts';
import {
  type ClassifiedHoles,
  type ClassifiedRange,
  HoleClassifier,
  type HoleClassifierProps,
  type Verdict,
} from './core/audit/hole-classifier.ts';
import type { PartitionLedger, Segment } from './core/audit/ledger.ts';
import {
  extend,
  isMoved,
  type ListedSegment,
  plus,
  relist,
  settle,
  throughOf,
} from './core/audit/segments.ts';
import type { ReadRun } from './core/object/coverage.ts';
import type { OffsetRange } from './core/object/offset-ranges.ts';
import { type SortedRanges, shared, sizeOf, unionOf, without } from './core/object/range-sets.ts';
import type { CallOptions } from './core/ports.ts';

/** Offsets between two holes across which reading goes on, in place of a request for each hole. */
const READ_ACROSS = 1_000;

/** Aborted or compacted records that follow each other; more are taken for a loss. */
const MOST_HIDDEN = 1_000;

const compacted: Verdict = { class: 'compacted', evidence: 'The log is compacted.' };
const unexplained: Verdict = {
  class: 'unexplained',
  evidence: 'The broker has no records at these offsets, although the topic is not compacted.',
};
const unproven: Verdict = { class: 'unproven', evidence: 'The audit did not reach the brokers.' };
const dropped = {
  class: 'lost',
  evidence:
    'The failed batch that kept the records was dismissed or deleted, and no object holds them.',
  isOnBroker: false,
} as const;
const expired = {
  class: 'expired',
  evidence:
    'An earlier audit saw the records stored, and a lifecycle rule expires objects that old.',
} as const;
/** Folders that are listed for one failed batch that is no longer kept; more wait for the next full listing. */
const MOST_FOLDERS = 100;
const HOUR_MS = 3_600_000;
const missingObject: Verdict = {
  class: 'lost',
  evidence: 'The batch that had these offsets lacks objects.',
};

/** A segment whose objects are not those of the last full listing, and what is stored of it now. */
export interface ChangedSegment {
  /** First offset of the segment. */
  readonly first: number;
  readonly listed: ListedSegment;
}

/** What the audit of a partition works with. */
export interface PartitionAudit {
  readonly partition: number;
  /** Undefined without access to the brokers. */
  readonly broker: AuditBroker | undefined;
  readonly listing: ArchiveListing;
  /** Reads the bodies of folders that were listed since. */
  readonly readBodies: () => Promise<void>;
  /** What earlier audits know. */
  readonly ledger: PartitionLedger;
  /** Exclusive: where this audit ends. */
  readonly through: number;
  readonly isCompacted: boolean;
  readonly hasFilters: boolean;
  /** Whether the whole archive of the topic is listed. */
  readonly isFull: boolean;
  readonly evidence: Omit<PartitionEvidence, 'spans' | 'mostHidden'>;
  readonly judge: HoleClassifierProps['judge'];
  /** Returns the folder of a record, by its timestamp. */
  readonly folderOf: (timestamp: number) => string;
  /** Ranges of batches that lack objects. */
  readonly incomplete: SortedRanges;
  /** The segments whose objects are not those of the last full listing. */
  readonly changed: readonly ChangedSegment[];
  /** What missing objects are that a lifecycle rule may have expired: see `firstYoung` of the listing. */
  readonly missing: 'lost' | 'expired';
  /** See {@link HoleClassifierProps}. */
  readonly isExact?: boolean;
  /** ISO 8601: when the audit began. */
  readonly seenAt: string;
  readonly calls: CallOptions;
}

/** Holes with their classes. */
interface JudgedHoles {
  readonly holes: SortedRanges;
  readonly counts: HoleTally;
  readonly findings: readonly Finding[];
}

/** Holes within runs that are collected before they are read together. */
const MOST_HOLES = 10_000;

/**
 * Audits one partition. Memory follows what is found, and not the number of holes: runs whose bodies were read are
 * judged as they come, and {@link finish} judges the rest.
 */
export class PartitionAuditor {
  readonly #audit: PartitionAudit;
  /** The offsets that no audit has judged before. */
  readonly #range: OffsetRange;
  #holes: OffsetRange[] = [];
  /** Holes of runs in which records are missing: the folders of those may not be listed yet. */
  readonly #doubtful: OffsetRange[] = [];
  #stored = 0;
  #counts: HoleTally = {};
  #longestHole = 0;

  constructor(audit: PartitionAudit) {
    this.#audit = audit;
    this.#range = { first: throughOf(audit.ledger), last: audit.through - 1 };
  }

  /** Judges a run, and returns whether it did: not if earlier audits have judged a part of it. */
  async take(run: ReadRun): Promise<boolean> {
    const { first, last } = this.#range;
    if (run.first < first) return false;
    const own = { first: run.first, last: Math.min(run.last, last) };
    this.#stored += run.offsets.countIn(own);
    this.#holes.push(...run.offsets.gapsIn(own));
    if (this.#holes.length >= MOST_HOLES) await this.#judgeRuns();
    return true;
  }

  /**
   * Looks again at what earlier audits have found and at what has changed since, judges what is new, and returns the
   * ledger of it all.
   */
  async finish(): Promise<PartitionLedger> {
    const audit = this.#audit;
    const { changed, listing, partition } = audit;
    let { ledger } = audit;
    for (const finding of ledger.findings) ledger = await settleFinding(ledger, finding, audit);
    for (const segment of changed) {
      ledger = expire(await relistSegment(ledger, segment, audit), ledger, audit);
    }
    const range = this.#range;
    if (range.first > range.last) return ledger;
    await this.#judgeRuns();
    let judged: JudgedHoles;
    let doubtful: number;
    do {
      doubtful = this.#doubtful.length;
      judged = await judgeHoles(audit, () =>
        inOrder([...listing.holesIn(partition, range), ...this.#unstored(this.#doubtful)]),
      );
      // Folders that were listed meanwhile may have had the rest of runs.
      await this.#judgeRuns();
    } while (this.#doubtful.length > doubtful);
    const { counts, findings, holes } = judged;
    this.#addHoles(holes, counts);
    const offsets = listing.coverage.partition(partition);
    const stored =
      this.#stored +
      listing.storedIn(partition, range) +
      sizeOf(this.#doubtful) -
      sizeOf(this.#unstored(this.#doubtful));
    const segment = {
      ...{ ...range, findings, stored, longestHole: this.#longestHole },
      holes: findings.map(tallyOf).reduce(plus, this.#counts),
      ...offsets.evidenceIn(range),
    };
    return extend(ledger, [segment]);
  }

  async #judgeRuns(): Promise<void> {
    const audit = this.#audit;
    const collected = this.#holes;
    this.#holes = [];
    const holes = inOrder(this.#unstored(collected));
    this.#stored += sizeOf(collected) - sizeOf(holes);
    const { counts, findings } = await classify(audit, holes, audit.judge);
    if (findings.length === 0) {
      this.#addHoles(holes, counts);
      return;
    }
    const isDoubtful = ({ first, last }: OffsetRange) =>
      findings.some((finding) => finding.first <= last && finding.last >= first);
    this.#doubtful.push(...holes.filter(isDoubtful));
    const others = holes.filter((hole) => !isDoubtful(hole));
    this.#addHoles(others, (await classify(audit, others, audit.judge)).counts);
  }

  /** The parts of holes of runs that other objects do not hold either. */
  #unstored(holes: readonly OffsetRange[]): OffsetRange[] {
    const { stored } = this.#audit.listing.coverage.partition(this.#audit.partition);
    return holes.flatMap((hole) => [...stored.gapsIn(hole)]);
  }

  #addHoles(holes: SortedRanges, counts: HoleTally): void {
    this.#counts = plus(this.#counts, counts);
    for (const { first, last } of holes) {
      this.#longestHole = Math.max(this.#longestHole, last - first + 1);
    }
  }
}

function tallyOf({ class: kind, offsets }: Finding): HoleTally {
  return { [kind]: offsets };
}

function inOrder(ranges: readonly OffsetRange[]): OffsetRange[] {
  return ranges.toSorted((a, b) => a.first - b.first);
}

/** Looks at a finding again: its offsets may be stored now, and its failed batch replayed or dismissed. */
async function settleFinding(
  ledger: PartitionLedger,
  finding: Finding,
  audit: PartitionAudit,
): Promise<PartitionLedger> {
  const { acknowledged, class: kind, isOnBroker, offsets } = finding;
  if (kind === 'conflict' || kind === 'another-life') return ledger;
  const { broker, evidence, listing, partition } = audit;
  const isReadable =
    broker !== undefined &&
    isOnBroker &&
    finding.first >= evidence.floor &&
    kind !== 'skipped-by-reset' &&
    kind !== 'expired';
  const look = () => listing.holesIn(partition, finding);
  const now = isReadable && acknowledged === undefined ? await judgeHoles(audit, look) : undefined;
  const isDropped = now === undefined && (await isDroppedBatch(finding, audit));
  const stored = Math.min(offsets, listing.storedIn(partition, finding));
  const left = offsets - stored;
  if (now === undefined) {
    if (stored === 0 && !isDropped) return ledger;
    const rest = {
      ...finding,
      ...(isDropped && { ...dropped, seenAt: audit.seenAt }),
      offsets: left,
    };
    return settle(ledger, finding, { stored, holes: {}, findings: left === 0 ? [] : [rest] });
  }
  const findings = firstOffsets(now.findings, left).map((each) => ({
    ...each,
    seenAt: each.class === kind ? finding.seenAt : each.seenAt,
  }));
  // The records of the rest existed when it was found, and the broker has removed them since.
  const places = without(now.holes, unionOf(findings));
  const rest = removed(finding, { offsets: left - offsetsOf(findings), places, audit });
  return settle(ledger, finding, { stored, holes: {}, findings: [...findings, ...rest] });
}

/** Keeps what was found of records that the broker has removed: nothing explains them since. */
function removed(
  finding: Finding,
  {
    audit: { evidence, seenAt },
    offsets,
    places,
  }: {
    readonly audit: PartitionAudit;
    readonly offsets: number;
    /** Where they can be, in order. */
    readonly places: SortedRanges;
  },
): Finding[] {
  if (offsets === 0) return [];
  const isKept = finding.class !== 'failed-batch' || isWaiting(finding, evidence);
  const rest = { ...finding, isOnBroker: false, ...(!isKept && { ...dropped, seenAt }) };
  if (sizeOf(places) !== offsets) return [{ ...rest, offsets }];
  return places.map((place) => ({ ...rest, ...place, offsets: sizeOf([place]) }));
}

/** Whether failed batches that are neither replayed nor dismissed have all of a finding. */
function isWaiting(finding: Finding, { failed }: PartitionAudit['evidence']): boolean {
  return without([finding], unionOf(failed)).length === 0;
}

/**
 * Whether a finding's failed batch is replayed or dismissed, and the broker has its records no more. Lists the folders
 * of the records, so that they are not overlooked if it was replayed.
 */
async function isDroppedBatch(finding: Finding, audit: PartitionAudit): Promise<boolean> {
  const { evidence, folderOf, isFull, listing } = audit;
  if (finding.class !== 'failed-batch') return false;
  if (isWaiting(finding, evidence)) return false;
  const { first, last } = finding.times ?? { first: 0, last: Number.POSITIVE_INFINITY };
  if (!isFull && last - first > MOST_FOLDERS * HOUR_MS) return false;
  if (!isFull) {
    for (let time = first; time < last + HOUR_MS; time += HOUR_MS) {
      await listing.list(folderOf(Math.min(time, last)));
    }
    await audit.readBodies();
  }
  return true;
}

/** Judges a segment again whose objects are not those of the last full listing. */
async function relistSegment(
  ledger: PartitionLedger,
  { first, listed }: ChangedSegment,
  audit: PartitionAudit,
): Promise<PartitionLedger> {
  const { evidence, listing, missing, partition, seenAt } = audit;
  const segment = ledger.segments.find((each) => each.first === first) as Segment;
  // The bodies of the runs that findings lie in are read.
  const missed = ledger.findings.flatMap((finding) => listing.holesIn(partition, finding));
  const holes = shared(unionOf([...listed.holes, ...missed]), [segment]);
  const known = ledger.findings.reduce<SortedRanges>((left, each) => without(left, [each]), holes);
  const readable = { first: evidence.floor, last: Number.MAX_SAFE_INTEGER };
  const { findings } = await judgeHoles({ ...audit, isExact: true }, () =>
    shared(known, [readable]),
  );
  // A body may lack what its key names.
  const stored = Math.min(listed.stored, sizeOf([segment]) - sizeOf(holes));
  // Where others are stored than before, each record that the broker has is missing since.
  const found = isMoved(segment, { ...listed, stored })
    ? findings.filter(({ isOnBroker }) => isOnBroker)
    : firstOffsets(findings, Math.max(0, segment.stored - stored));
  return relist(ledger, segment, { ...listed, stored, holes, found, missing, seenAt });
}

/**
 * Decides which of the losses that a full listing shows are none, since the objects have expired. Only what an earlier
 * audit saw stored can be missing now.
 *
 * @param before the ledger without these losses
 */
function expire(
  ledger: PartitionLedger,
  before: PartitionLedger,
  { listing, missing, partition, seenAt }: PartitionAudit,
): PartitionLedger {
  const isNew = (finding: Finding) =>
    finding.seenAt === seenAt &&
    ['lost', 'expired'].includes(finding.class) &&
    !before.findings.includes(finding);
  return ledger.findings.filter(isNew).reduce((settled, finding) => {
    const isExpired = missing === 'expired' && finding.last < listing.firstYoung(partition);
    const known = isExpired ? expired : { class: 'lost' as const };
    return settle(settled, finding, {
      ...{ stored: 0, holes: {} },
      findings: [{ ...finding, ...known }],
    });
  }, ledger);
}

/** The first of findings, as many as have no more offsets than this. */
function firstOffsets(findings: readonly Finding[], most: number): Finding[] {
  let left = most;
  return findings.flatMap((finding) => {
    const offsets = Math.min(finding.offsets, left);
    left -= offsets;
    return offsets === 0 ? [] : { ...finding, offsets };
  });
}

function offsetsOf(findings: readonly Finding[]): number {
  return findings.reduce((sum, { offsets }) => sum + offsets, 0);
}

/**
 * Finds the classes of holes. Records whose own folders are not listed yet may be stored there: these folders are
 * listed, and what is left of the holes is judged again.
 *
 * @param look returns the holes, as far as the listing knows
 */
async function judgeHoles(audit: PartitionAudit, look: () => OffsetRange[]): Promise<JudgedHoles> {
  const { folderOf, listing } = audit;
  for (;;) {
    const holes = look();
    const folders = new Set<string>();
    const judge: typeof audit.judge = (record) => {
      const verdict = audit.judge(record);
      if (['lost', 'failed-batch'].includes(verdict.class)) {
        folders.add(folderOf(record.timestamp));
      }
      return verdict;
    };
    const classified = await classify(audit, holes, judge);
    let isNew = false;
    for (const folder of folders) isNew = (await listing.list(folder)) || isNew;
    if (!isNew) return { holes, ...classified };
    await audit.readBodies();
  }
}

async function classify(
  audit: PartitionAudit,
  holes: SortedRanges,
  judge: HoleClassifierProps['judge'],
): Promise<Pick<JudgedHoles, 'counts' | 'findings'>> {
  const { broker, evidence, isCompacted, listing, partition, seenAt } = audit;
  const explained = explainHoles(holes, {
    ...evidence,
    spans: listing.coverage.partition(partition).spans,
    mostHidden: mostHidden(audit),
  });
  const { counts, ranges } =
    broker === undefined
      ? withoutBroker(explained.unread, audit.incomplete)
      : await readHoles(broker, audit, {
          ...{ holes: explained.unread, judge },
          nothing: isCompacted ? compacted : unexplained,
          // Lambda names each record over the limit alone, so that these offsets surely had records.
          named: evidence.failed
            .filter(({ verdict }) => verdict.class === 'oversize')
            .sort((a, b) => a.first - b.first),
          isExact: audit.isExact ?? false,
        });
  if (broker !== undefined && ranges.some(({ verdict }) => verdict === unexplained)) {
    // The broker may have deleted what it had when the audit began.
    const described = await broker.describe(audit.calls);
    const floor = described?.partitions.find((each) => each.partition === partition)?.logStart ?? 0;
    if (floor > evidence.floor) {
      const { lastLogStart = evidence.floor } = evidence;
      return classify({ ...audit, evidence: { ...evidence, floor, lastLogStart } }, holes, judge);
    }
  }
  const findings = [...explained.ranges, ...ranges].map(
    ({ first, last, offsets, times, verdict }: ClassifiedRange): Finding => ({
      ...{ partition, first, last, offsets, class: verdict.class, seenAt },
      evidence: verdict.evidence,
      isOnBroker: times !== undefined,
      ...(times !== undefined && { times }),
    }),
  );
  return { counts, findings: findings.sort((a, b) => a.first - b.first) };
}

/** The most offsets between two batches that are taken for marks, or for aborted, compacted or filtered records. */
function mostHidden({ hasFilters, isCompacted, ledger }: PartitionAudit): number {
  if (hasFilters) return Number.POSITIVE_INFINITY;
  const hasMarks = ledger.segments.some((segment) => segment.holes['transaction-mark']);
  return isCompacted || hasMarks ? MOST_HIDDEN : 1;
}

/** Without brokers, only batches that lack objects are known to be lost. */
function withoutBroker(holes: SortedRanges, incomplete: SortedRanges): ClassifiedHoles {
  const lost = shared(holes, incomplete);
  const unknown = sizeOf(holes) - sizeOf(lost);
  return {
    counts: unknown === 0 ? {} : { [unproven.class]: unknown },
    ranges: lost.map(({ first, last }) => ({
      ...{ first, last, offsets: last - first + 1 },
      ...{ verdict: missingObject, times: undefined },
    })),
  };
}

/** Reads holes from the broker, and goes on to the transaction marks that decide their records. */
async function readHoles(
  broker: AuditBroker,
  { calls, partition }: PartitionAudit,
  props: HoleClassifierProps,
): Promise<ClassifiedHoles> {
  const classifier = new HoleClassifier(props);
  let from = classifier.next;
  while (from !== undefined) {
    // The mark that decides a record that is due may lie above the last stable offset.
    const range = { partition, first: from, last: Number.MAX_SAFE_INTEGER };
    from = undefined;
    for await (const batch of broker.read(range, calls)) {
      classifier.add(batch);
      const { next } = classifier;
      if (next === undefined) break;
      if (next <= batch.lastOffset + READ_ACROSS) continue;
      from = next;
      break;
    }
  }
  return classifier.finish();
}
