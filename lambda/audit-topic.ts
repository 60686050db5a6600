import { ArchiveListing, type StoredExtent } from './audit-listing.ts';
import { type ChangedSegment, PartitionAuditor } from './audit-partition.ts';
import type { AuditTopic, TimeFolder } from './contract.ts';
import { isOfThisLife } from './core/audit/another-life.ts';
import type {
  AuditBroker,
  BrokerPartition,
  BrokerRecord,
  BrokerTopic,
} from './core/audit/broker.ts';
import { skippedOffsets } from './core/audit/explain-holes.ts';
import { type FailedOffsets, failedOffsets } from './core/audit/failed-ranges.ts';
import type { Finding } from './core/audit/finding.ts';
import type { HourRecordStore } from './core/audit/hour-record.ts';
import { writeHours } from './core/audit/hour-record-writer.ts';
import { createRecordJudge } from './core/audit/judge-record.ts';
import type { Ledger, LedgerStore, PartitionLedger, Segment } from './core/audit/ledger.ts';
import { listingScope, recordFolder } from './core/audit/listing-scope.ts';
import { endOfOtherLife, type PartitionPlan, planPartition } from './core/audit/partition-plan.ts';
import type { AuditReport, PartitionReport } from './core/audit/report.ts';
import { type ResetNote, type ResetNotes, stillSkipped } from './core/audit/reset-note.ts';
import {
  atLogStart,
  changedSegments,
  holesOf,
  isMoved,
  type ListedSegment,
  listedSegment,
  plus,
  throughOf,
} from './core/audit/segments.ts';
import type { StreamIndex } from './core/audit/stream-index.ts';
import { ArchiverError } from './core/errors.ts';
import { selectFailedBatches } from './core/failed-batch/select-failed-batches.ts';
import type { ArchiveSource } from './core/object/archive-source.ts';
import { isDense, type PartitionCoverage } from './core/object/coverage.ts';
import { type OffsetRange, OffsetRanges } from './core/object/offset-ranges.ts';
import type { KeyRun } from './core/object/parse-object-key.ts';
import { unionOf } from './core/object/range-sets.ts';
import type { CallOptions, FailedBatchListing } from './core/ports.ts';
import type { DecodedRecord } from './core/record/decode-line.ts';
import { isSameRecord } from './core/record/record-identity.ts';

/** The parts that the audit of a topic works with. */
export interface AuditTopicDeps {
  /** Undefined without access to the brokers: then the audit claims `listed`. */
  readonly broker: AuditBroker | undefined;
  readonly archive: ArchiveSource;
  readonly ledgers: LedgerStore;
  readonly failedBatches: FailedBatchListing;
  readonly resets: Pick<ResetNotes, 'load'>;
  /** Undefined to write no hour records. */
  readonly hours: HourRecordStore | undefined;
}

/** The audit of one topic. */
export interface AuditRequest extends AuditTopic, CallOptions {
  /** The setting `objectPrefix`: empty, or a path that ends with `/`. */
  readonly objectPrefix: string;
  readonly timeFolder: TimeFolder;
  /** Epoch milliseconds: when the audit begins. */
  readonly startedAt: number;
  /** `due`: everything if the last full listing is older than `fullListingDays`, else what is new. */
  readonly listing: 'full' | 'due';
  readonly fullListingDays: number;
  /** `all`: every new object is read and judged by its lines, also where its key says which offsets it has. */
  readonly read: 'as-needed' | 'all';
  /** Days after which a lifecycle rule of the archive bucket expires objects; undefined without such a rule. */
  readonly expirationDays: number | undefined;
}

/** Hours before the last audit from which on folders are listed again. */
const MARGIN_HOURS = 24;
const DAY_MS = 86_400_000;
/** How often an audit is made whose ledger another audit has saved meanwhile. */
const TRIES = 2;

/**
 * Audits one topic: compares the archive with the brokers, and gives each offset that no object holds a class with its
 * evidence. Only holes are read from the brokers. What it finds is saved in the topic's ledger, which makes the next
 * audit incremental; if another audit saves one meanwhile, it is made again, once. An incremental audit that finds
 * records lost which the brokers do not have is made again with a full listing. Without brokers it knows only that the
 * listed batches are whole; such an audit never replaces a ledger of one that had brokers.
 *
 * @throws {ArchiverError} `KAFKA_FAILED`, `LOAD_FAILED`, `STORE_WRITE_FAILED` or `STORE_ABORTED`
 */
export async function auditTopic(
  deps: AuditTopicDeps,
  request: AuditRequest,
): Promise<AuditReport> {
  for (let tries = 0; tries < TRIES; tries++) {
    const report = await tryAudit(deps, request);
    if (report !== undefined) return report;
  }
  const problem = `other audits of '${request.topic}' have saved its ledger meanwhile`;
  throw new ArchiverError('STORE_WRITE_FAILED', problem, { retryable: true });
}

/** Returns undefined if another audit has saved the ledger meanwhile. */
async function tryAudit(
  deps: AuditTopicDeps,
  request: AuditRequest,
): Promise<AuditReport | undefined> {
  const { archive, broker, ledgers } = deps;
  // Before the listing: what is below these offsets was acknowledged only once it was stored or kept.
  const described = broker && (await describe(broker, request));
  const stored = await ledgers.load(request.topic, request);
  const ledger = usableLedger(stored?.ledger, described);
  // Before the listing, too: a batch that is replayed meanwhile is stored by then.
  const failed = await loadFailedOffsets(deps.failedBatches, request);
  const notes = await deps.resets.load(request.topic, request);
  const scope = listingScope(request.listing === 'full' ? undefined : ledger, {
    ...request,
    ...{ now: request.startedAt, marginHours: MARGIN_HOURS },
  });
  const known = new Map(ledger?.partitions.map((each) => [each.partition, each]));
  const listing = createListing(archive, request, {
    isWanted: (run) => !isJudged(run, known.get(run.partition)),
    stream: ledger?.stream,
  });
  for (const prefix of scope.prefixes) await listing.list(prefix);
  await listing.readUnnamed();
  const context: AuditContext = {
    ...{ described, failed, ledger, listing, notes, request },
    isFull: scope.isFull,
  };
  const audited = await auditPartitions(deps, context);
  const seenAt = isoTime(request.startedAt);
  if (
    !scope.isFull &&
    audited.some(({ ledger: { findings } }) => findings.some(isUnsure(seenAt)))
  ) {
    return tryAudit(deps, { ...request, listing: 'full' });
  }
  const next: Ledger = {
    ...{ format: 1, topic: request.topic, topicId: described?.topicId, auditedAt: seenAt },
    fullyListedAt: scope.isFull ? seenAt : ledger?.fullyListedAt,
    firstDay: (scope.isFull ? listing.firstDay : undefined) ?? ledger?.firstDay ?? dayOf(seenAt),
    partitions: audited.map((each) => each.ledger),
    ...streamOf(context, audited),
  };
  const isWeaker = described === undefined && stored?.ledger.topicId !== undefined;
  if (!isWeaker && !(await ledgers.save(next, stored?.version, request))) return undefined;
  const partitions = audited.map(toReport);
  const claim = described === undefined ? 'listed' : 'audited';
  const { hours } = deps;
  const hoursWritten =
    hours === undefined
      ? 0
      : await writeHours(
          { archive, hours, offsetsOf: ({ key }) => listing.offsetsOf(key) },
          {
            ...{ place: request, timeFolder: request.timeFolder, asOf: request.startedAt, claim },
            ...{ broker: described, partitions, listed: listing.hours },
          },
          request,
        );
  return {
    ...{ topic: request.topic, claim, startedAt: seenAt, isFullListing: scope.isFull },
    fullyListedAt: next.fullyListedAt,
    objectsListed: listing.objectsListed,
    objectsRead: listing.objectsRead,
    ...{ hoursWritten, partitions },
  };
}

/**
 * Whether an audit has found a loss whose records no broker has: they do not say in which folder they would lie, so that
 * only a full listing shows that no object holds them.
 */
function isUnsure(now: string): (finding: Finding) => boolean {
  return ({ class: kind, isOnBroker, seenAt }) => kind === 'lost' && !isOnBroker && seenAt === now;
}

/** Which objects of a delivery stream the next audit need not read; nothing if there are none. */
function streamOf(
  { described, isFull: isFullListing, listing, request }: AuditContext,
  audited: readonly AuditedPartition[],
): Pick<Ledger, 'stream'> {
  if (!listing.stream.hasObjects) return {};
  const through = new Map(audited.map((each) => [each.ledger.partition, throughOf(each.ledger)]));
  const offsets = (described?.partitions ?? []).map(
    ({ committed = 0, partition }) => [partition, committed] as const,
  );
  const committed = { at: request.startedAt, offsets: Object.fromEntries(offsets) };
  const stream = listing.stream.index(listing.coverage, { isFullListing, through, committed });
  return { stream };
}

/** A partition that is audited. */
interface AuditedPartition {
  readonly ledger: PartitionLedger;
  readonly lastStable: number;
  readonly duplicates: number;
}

/** What an audit has learnt before it judges. */
interface AuditContext {
  /** Undefined without access to the brokers. */
  readonly described: BrokerTopic | undefined;
  readonly ledger: Ledger | undefined;
  readonly listing: ArchiveListing;
  readonly failed: readonly FailedOffsets[];
  readonly notes: readonly ResetNote[];
  readonly isFull: boolean;
  readonly request: AuditRequest;
}

async function describe(broker: AuditBroker, request: AuditRequest): Promise<BrokerTopic> {
  const described = await broker.describe(request);
  if (described !== undefined) return described;
  throw new ArchiverError('KAFKA_FAILED', `the brokers have no topic '${request.topic}'`);
}

/** A ledger says nothing to an audit of the other claim: without brokers nothing was proven, and with them more was. */
function usableLedger(
  ledger: Ledger | undefined,
  described: BrokerTopic | undefined,
): Ledger | undefined {
  const isProven = ledger?.topicId !== undefined;
  return isProven === (described !== undefined) ? ledger : undefined;
}

async function loadFailedOffsets(
  listing: FailedBatchListing,
  { topic, ...options }: AuditRequest,
): Promise<FailedOffsets[]> {
  const failed: FailedOffsets[] = [];
  for await (const { selected } of selectFailedBatches(listing, { topic }, options)) {
    for (const entry of selected) {
      const summary = await listing.summary(entry, options);
      if (summary !== undefined) failed.push(...failedOffsets(entry.key, summary, topic));
    }
  }
  return failed;
}

/** Which bodies a listing is to read, if they say more than the keys. */
interface WantedBodies {
  readonly isWanted: (run: KeyRun) => boolean;
  readonly stream: StreamIndex | undefined;
}

function createListing(
  archive: ArchiveSource,
  request: AuditRequest,
  { isWanted, stream }: WantedBodies,
): ArchiveListing {
  const { objectPrefix, read, topic } = request;
  const expiredDay = lastExpiredDay(request);
  const needsBody = (run: KeyRun) => isWanted(run) && (read === 'all' || !isDense(run));
  return new ArchiveListing({ archive, objectPrefix, topic, needsBody, stream, expiredDay });
}

/** Whether earlier audits have judged all of a run, and found nothing in it. */
function isJudged({ first, last }: KeyRun, known: PartitionLedger | undefined): boolean {
  if (known === undefined || last >= throughOf(known)) return false;
  return !known.findings.some((finding) => finding.first <= last && finding.last >= first);
}

async function auditPartitions(
  { archive, broker }: AuditTopicDeps,
  context: AuditContext,
): Promise<AuditedPartition[]> {
  const { described, failed, ledger, listing, notes, request } = context;
  const coverage = new Map(listing.coverage.partitions().map((each) => [each.partition, each]));
  const seenAt = isoTime(request.startedAt);
  const seen = (partition: number) => {
    const { first, last } = coverage.get(partition) ?? {};
    const named = [...(first === undefined ? [] : [{ first, last: last as number }])];
    return hull([...named, ...ofPartition(failed, partition)]);
  };
  const at = new Map(
    described?.partitions.map((each) => [each.partition, withoutStream(each, context)]),
  );
  const beyondEnd = await partitionsBeyondEnd(broker, context);
  const starts = await startOffsets(broker, request);
  const numbers = [[...at.keys()], ledger?.partitions.map(({ partition }) => partition) ?? []];
  const plans: PartitionPlan[] = [];
  for (const partition of [...new Set([...numbers.flat(), ...coverage.keys()])].sort(byNumber)) {
    plans.push(
      planPartition({
        ...{ partition, at: at.get(partition), hasBroker: broker !== undefined, seenAt },
        ledger: ledger?.partitions.find((each) => each.partition === partition),
        seen: seen(partition),
        isBeyondEnd: beyondEnd.has(partition),
        offsets: listing.coverage.partition(partition),
        otherLife: await otherLife(broker, context, at.get(partition)),
        start: starts === 'latest' ? 'latest' : starts?.get(partition),
      }),
    );
  }
  const own = notes.filter(({ group }) => group === request.group);
  const skipped = stillSkipped(own).map(skippedOffsets);
  const changed = await relistChanged(archive, context, plans, coverage);
  const conflicts = await findConflicts(archive, context);
  const auditors = new Map<number, PartitionAuditor>();
  const readBodies = () =>
    listing.readBodies(async (run) => (await auditors.get(run.partition)?.take(run)) ?? false);
  for (const plan of plans) {
    const { partition } = plan.ledger;
    const own = {
      failed: ofPartition(failed, partition),
      skipped: ofPartition(skipped, partition),
    };
    auditors.set(
      partition,
      new PartitionAuditor({
        ...{ partition, broker, listing, readBodies, seenAt, calls: request },
        ...plan,
        isCompacted: described?.settings.isCompacted ?? false,
        evidence: { ...plan, ...own },
        hasFilters: request.filters.length > 0,
        isFull: context.isFull,
        judge: createRecordJudge({ topic: request.topic, filters: request.filters, ...own }),
        folderOf: (timestamp) => recordFolder(timestamp, request),
        incomplete: unionOf(coverage.get(partition)?.incomplete ?? []),
        changed: changed.get(partition) ?? [],
        missing: missingClass(context),
      }),
    );
  }
  await readBodies();
  const audited: AuditedPartition[] = [];
  for (const { lastStable, ledger: known } of plans) {
    const { partition } = known;
    const judged = await (auditors.get(partition) as PartitionAuditor).finish();
    const withLogStart = atLogStart(judged, at.get(partition)?.logStart ?? judged.logStart);
    audited.push({
      ledger: addConflicts(withLogStart, ofPartition(conflicts, partition)),
      lastStable,
      duplicates: listing.coverage.partition(partition).overlaps.size,
    });
  }
  return audited;
}

/** A partition whose committed offset leaves out what a delivery stream may still hold. */
function withoutStream(
  at: BrokerPartition,
  { listing: { stream }, request }: AuditContext,
): BrokerPartition {
  if (!stream.hasObjects) return at;
  const due = stream.due(at.partition, request.startedAt);
  return { ...at, committed: due && Math.min(due, at.committed ?? due) };
}

/**
 * Returns the partitions of which objects hold offsets that the log does not have. The log is as it is now: what
 * arrived since the audit began may be archived already.
 */
async function partitionsBeyondEnd(
  broker: AuditBroker | undefined,
  { described, listing, request }: AuditContext,
): Promise<ReadonlySet<number>> {
  const beyond = new Set<number>();
  if (broker === undefined) return beyond;
  const isBeyond = ({ partitions }: BrokerTopic, partition: number, { last }: StoredExtent) =>
    last.offset >= (partitions.find((each) => each.partition === partition)?.end ?? 0);
  const before = described as BrokerTopic;
  const suspects = [...listing.extents].filter(([partition, extent]) =>
    isBeyond(before, partition, extent),
  );
  if (suspects.length === 0) return beyond;
  const now = await describe(broker, request);
  for (const [partition, extent] of suspects) {
    const { key, offset } = extent.last;
    if (!isBeyond(now, partition, extent)) continue;
    // A key can be wrong.
    if ((await listing.find(key, partition, offset)) !== undefined) beyond.add(partition);
  }
  return beyond;
}

/** Where the mapping began; undefined for the beginning. */
async function startOffsets(
  broker: AuditBroker | undefined,
  { start, ...options }: AuditRequest,
): Promise<ReadonlyMap<number, number> | 'latest' | undefined> {
  if (start === 'latest') return start;
  if (start === 'earliest' || broker === undefined) return undefined;
  return await broker.offsetsAt(start * 1000, options);
}

/**
 * Returns why what is stored of a partition is of another life of the topic. The first audit compares the outermost
 * stored records with those of the broker; the ledger of later ones knows the topic's id.
 */
async function otherLife(
  broker: AuditBroker | undefined,
  { described, ledger, listing, request }: AuditContext,
  at: BrokerPartition | undefined,
): Promise<string | undefined> {
  if (broker === undefined || at === undefined) return undefined;
  if (ledger !== undefined) {
    const isKnown = ledger.partitions.some(({ partition }) => partition === at.partition);
    if (!isKnown || ledger.topicId === described?.topicId) return undefined;
    return 'The topic was deleted and created again: its id is not the one of the last audit.';
  }
  const { first, last } = listing.extents.get(at.partition) ?? {};
  for (const sample of [first, last]) {
    if (sample === undefined || sample.offset < at.logStart) continue;
    const stored = await listing.find(sample.key, at.partition, sample.offset);
    const record = await readRecord(broker, at, sample.offset, request);
    if (stored !== undefined && record !== undefined && !isOfThisLife(stored, record)) {
      return `The record that the broker has at offset ${sample.offset} is not the one that is stored.`;
    }
  }
  return undefined;
}

async function readRecord(
  broker: AuditBroker,
  { partition }: BrokerPartition,
  offset: number,
  options: CallOptions,
): Promise<BrokerRecord | undefined> {
  for await (const { records } of broker.read(
    { partition, first: offset, last: offset },
    options,
  )) {
    const found = records.find((each) => each.offset === offset);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Finds the segments of which a full listing shows something else than the last one did. Where keys do not say what is
 * stored of them, everything is listed again, to read the bodies of these segments.
 */
async function relistChanged(
  archive: ArchiveSource,
  { isFull, listing, request }: AuditContext,
  plans: readonly PartitionPlan[],
  coverage: ReadonlyMap<number, PartitionCoverage>,
): Promise<ReadonlyMap<number, readonly ChangedSegment[]>> {
  if (!isFull) return new Map();
  // The keys of a delivery stream's objects do not say what was in those that were deleted.
  const isUnnamed = listing.stream.deletedDays().length > 0;
  const changed = plans.flatMap(({ ledger }) => {
    const { partition } = ledger;
    const offsets = listing.coverage.partition(partition);
    const segments = isUnnamed ? ledger.segments : changedSegments(ledger, offsets);
    const { incomplete = [] } = coverage.get(partition) ?? {};
    return segments
      .filter(({ first }) => first >= endOfOtherLife(ledger))
      .map((segment) => {
        const isUnclear = isUnnamed || incomplete.some((batch) => meet(batch, segment));
        const listed = isUnclear ? undefined : listedSegment(segment, offsets);
        return {
          partition,
          segment,
          listed: listed && isWithinRun(segment, listed) ? undefined : listed,
        };
      });
  });
  const unclear = changed.filter(({ listed }) => listed === undefined);
  if (unclear.length > 0) {
    const isWanted = (run: KeyRun) =>
      ofPartition(unclear, run.partition).some(({ segment }) => meet(run, segment));
    const again = createListing(archive, request, { isWanted, stream: undefined });
    await again.list(`${request.objectPrefix}topic=${request.topic}/`);
    await again.readBodies(async () => false);
    listing.objectsRead += again.objectsRead;
    for (const each of unclear) {
      const { partition, segment } = each;
      each.listed = {
        ...listing.coverage.partition(partition).evidenceIn(segment),
        stored: again.storedIn(partition, segment),
        holes: again.holesIn(partition, segment),
      };
    }
  }
  return Map.groupBy(
    changed.map(({ listed, partition, segment }) => ({
      ...{ partition, first: segment.first },
      listed: listed as ListedSegment,
    })),
    ({ partition }) => partition,
  );
}

/** Whether offsets may be missing within runs, of which keys do not say where. */
function isWithinRun(before: Segment, listed: ListedSegment): boolean {
  const { spanned, stored, unsure } = listed;
  if (isMoved(before, listed) && unsure > 0) return true;
  return before.stored - stored > before.spanned - spanned;
}

function meet(one: OffsetRange, other: OffsetRange): boolean {
  return one.first <= other.last && one.last >= other.first;
}

/** Finds offsets at which an object and the one at its key with `~` hold different records. */
async function findConflicts(
  archive: ArchiveSource,
  { listing, request }: AuditContext,
): Promise<Finding[]> {
  const different = new Map<number, OffsetRanges>();
  for (const { key } of listing.coverage.conflicts) {
    const original = key.replace(/~[0-9a-f]{8}(?=\.jsonl)/, '');
    const { objects } = await archive.listLevel(original);
    if (!objects.some((object) => object.key === original)) continue;
    const records = new Map<string, DecodedRecord>();
    for await (const record of listing.records(original)) {
      records.set(`${record.partition} ${record.offset}`, record);
    }
    for await (const record of listing.records(key)) {
      const { offset, partition } = record;
      const other = records.get(`${partition} ${offset}`);
      if (other === undefined || isSameRecord(other, record)) continue;
      const ranges = different.get(partition) ?? new OffsetRanges();
      ranges.add({ first: offset, last: offset });
      different.set(partition, ranges);
    }
  }
  return [...different].flatMap(([partition, { ranges }]) =>
    ranges.map(({ first, last }) => ({
      ...{ partition, first, last, class: 'conflict', offsets: last - first + 1 },
      ...{ seenAt: isoTime(request.startedAt), isOnBroker: false },
      evidence: 'Two objects of one batch hold different records at these offsets.',
    })),
  );
}

function addConflicts(ledger: PartitionLedger, conflicts: readonly Finding[]): PartitionLedger {
  const isNew = ({ first, last }: Finding) =>
    !ledger.findings.some(
      (each) => each.class === 'conflict' && each.first === first && each.last === last,
    );
  const findings = [...ledger.findings, ...conflicts.filter(isNew)];
  return { ...ledger, findings: findings.sort((a, b) => a.first - b.first) };
}

/**
 * What objects are that are missing since an earlier audit, as far as the listing does not show that they were too young
 * to expire: the archive must have had objects at the last full listing that are old enough now.
 */
function missingClass({ ledger, listing, request }: AuditContext): 'lost' | 'expired' {
  const expiredDay = lastExpiredDay(request);
  const firstDay = ledger?.firstDay;
  if (expiredDay === undefined || firstDay === undefined || firstDay > expiredDay) return 'lost';
  return listing.stream.deletedDays().some((day) => day > expiredDay) ? 'lost' : 'expired';
}

/** The last day of which a lifecycle rule may have expired objects. */
function lastExpiredDay({ expirationDays, startedAt }: AuditRequest): string | undefined {
  if (expirationDays === undefined) return undefined;
  return dayOf(isoTime(startedAt - expirationDays * DAY_MS));
}

function ofPartition<Thing extends { readonly partition: number }>(
  things: readonly Thing[],
  partition: number,
): Thing[] {
  return things.filter((each) => each.partition === partition);
}

/** From the first to the last offset of ranges. */
function hull(ranges: readonly OffsetRange[]): OffsetRange | undefined {
  if (ranges.length === 0) return undefined;
  return {
    first: Math.min(...ranges.map(({ first }) => first)),
    last: Math.max(...ranges.map(({ last }) => last)),
  };
}

function toReport({ duplicates, lastStable, ledger }: AuditedPartition): PartitionReport {
  const through = throughOf(ledger);
  const notYet = Math.max(0, lastStable - through);
  return {
    ...{ partition: ledger.partition, from: ledger.from, through, lastStable, duplicates },
    stored: ledger.segments.reduce((sum, { stored }) => sum + stored, 0),
    holes: plus(holesOf(ledger), { 'not-yet': notYet }),
    findings: ledger.findings,
  };
}

function isoTime(time: number): string {
  return new Date(time).toISOString();
}

function dayOf(time: string): string {
  return time.slice(0, 'YYYY-MM-DD'.length);
}

function byNumber(a: number, b: number): number {
  return a - b;
}
