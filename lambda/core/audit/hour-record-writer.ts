import { isDeepStrictEqual } from 'node:util';
import pLimit from 'p-limit';
import type { TimeFolder } from '../../contract.ts';
import type { ArchiveSource, ListedObject } from '../object/archive-source.ts';
import type { CallOptions } from '../ports.ts';
import type { DerivedPlace } from './derived-keys.ts';
import {
  endOfPeriod,
  folderOfPeriod,
  type HourPeriod,
  periodOfKey,
  periodsBetween,
  startOfPeriod,
  WHOLE_DAY,
} from './hour-period.ts';
import type { HourPartition, HourRecord, HourRecordStore } from './hour-record.ts';
import { countRecords, type HourCounts, type ObjectOffsets } from './hour-record-counts.ts';
import {
  closesAt,
  type FindingHour,
  type HourKnowledge,
  hourHoles,
  judgeHour,
  settlesAt,
} from './hour-record-state.ts';
import { type HourSources, type ListedHours, nameOfPeriod, sourcesOf } from './listed-hours.ts';
import type { Claim } from './report.ts';

const DAY_MS = 86_400_000;

/** Hours that one audit looks at: the latest. Others that lack a record follow in later audits. */
const MOST_HOURS = 1_000;
/** Days back to which empty hours get a record: one wrong timestamp must not make a record for each hour since 2000. */
const MOST_EMPTY_DAYS = 366;
/** Days for which an hour is looked at again after it may settle or close, so that several audits can see it. */
const LOOK_AGAIN_DAYS = 3;
/** Hours at a time, and objects of theirs that are read at a time. */
const CONCURRENT_HOURS = 8;
const CONCURRENT_READS = 4;

/** What {@link writeHours} works with. */
export interface HourDeps {
  readonly archive: Pick<ArchiveSource, 'listLevel'>;
  readonly hours: HourRecordStore;
  /** Returns the offsets of an object's lines: from memory if this audit has read it, and otherwise by reading it. */
  readonly offsetsOf: (object: ListedObject) => Promise<ObjectOffsets>;
}

/** The result of an audit whose ledger is saved. */
export interface AuditedHours extends HourKnowledge {
  readonly place: DerivedPlace;
  readonly timeFolder: TimeFolder;
  readonly claim: Claim;
  /** The hours whose objects the audit listed. */
  readonly listed: ListedHours;
}

/**
 * Writes the records of those hours of a topic about which an audit has something new to say: hours with other objects
 * than their record names, hours without a record, and hours that may have settled or closed. Hours that are not over
 * have no record. The record of an hour whose objects have all been deleted is kept.
 *
 * @returns how many records were written
 * @throws {ArchiverError} `LOAD_FAILED`, `STORE_WRITE_FAILED` or `STORE_ABORTED`; what was written stays
 */
export async function writeHours(
  deps: HourDeps,
  audited: AuditedHours,
  options: CallOptions,
): Promise<number> {
  const existing = await deps.hours.list(audited.place.topic, options);
  const hours = hoursToLookAt(existing, audited);
  const inTurn = pLimit(CONCURRENT_HOURS);
  const reads = pLimit(CONCURRENT_READS);
  const offsetsOf = (object: ListedObject) => reads(deps.offsetsOf, object);
  const written = await inTurn.map(hours, (period) =>
    writeHour({ ...deps, offsetsOf }, audited, period, options),
  );
  return written.filter(Boolean).length;
}

/** Returns the latest hours of those that an audit may have something new to say about, the latest first. */
function hoursToLookAt(existing: readonly HourPeriod[], audited: AuditedHours): HourPeriod[] {
  const { asOf, listed } = audited;
  const known = [...listed.periods(), ...existing];
  const hours = new Map<string, HourPeriod>();
  for (const each of [...emptyHours(known, audited), ...listed.periods()]) {
    hours.set(nameOfPeriod(each), each);
  }
  for (const each of existing) hours.delete(nameOfPeriod(each));
  for (const each of existing) {
    if (listed.sources(each) !== undefined || mayChange(each, audited)) {
      hours.set(nameOfPeriod(each), each);
    }
  }
  return [...hours.values()]
    .filter((each) => endOfPeriod(each) <= asOf)
    .sort((a, b) => startOfPeriod(b) - startOfPeriod(a))
    .slice(0, MOST_HOURS);
}

/** Returns the hours since the first one that are over. */
function emptyHours(
  known: readonly HourPeriod[],
  { asOf, timeFolder }: AuditedHours,
): HourPeriod[] {
  if (timeFolder === 'none') return [];
  // Folders of another layout say nothing about when this one began.
  const starts = known
    .filter(({ hour }) => (hour === WHOLE_DAY) === (timeFolder === 'day'))
    .map(startOfPeriod);
  if (starts.length === 0) return [];
  const first = starts.reduce((a, b) => Math.min(a, b));
  return periodsBetween(Math.max(first, asOf - MOST_EMPTY_DAYS * DAY_MS), asOf, timeFolder);
}

/** Whether an hour may have settled or closed since an earlier audit. */
function mayChange(period: HourPeriod, { asOf, broker }: AuditedHours): boolean {
  if (broker === undefined) return false;
  return [settlesAt(period), closesAt(period, broker.settings)].some(
    (time) => time !== undefined && time <= asOf && time > asOf - LOOK_AGAIN_DAYS * DAY_MS,
  );
}

/** What the objects of an hour have. */
interface HourContent {
  readonly sources: HourSources;
  readonly counts: ReadonlyMap<number, HourCounts>;
}

async function writeHour(
  deps: HourDeps,
  audited: AuditedHours,
  period: HourPeriod,
  options: CallOptions,
): Promise<boolean> {
  const { place } = audited;
  const stored = await deps.hours.load(place.topic, period, options);
  const earlier = stored?.record;
  const listed = audited.listed.sources(period);
  const isSame =
    earlier !== undefined && (listed === undefined || isDeepStrictEqual(listed, earlier.sources));
  // A listing says less than an earlier audit has proven.
  if (isSame && audited.claim === 'listed' && earlier.claim === 'audited') return false;
  const content = isSame ? contentOf(earlier) : await readContent(deps, place, period);
  const record = recordOf(period, audited, content, earlier);
  if (earlier !== undefined && isDeepStrictEqual(statementOf(earlier), statementOf(record))) {
    return false;
  }
  return await deps.hours.save(record, stored?.version, options);
}

function contentOf({ partitions, sources }: HourRecord): HourContent {
  return { sources, counts: new Map(partitions.map((each) => [each.partition, each])) };
}

async function readContent(
  { archive, offsetsOf }: HourDeps,
  place: DerivedPlace,
  period: HourPeriod,
): Promise<HourContent> {
  const { objects: all } = await archive.listLevel(folderOfPeriod(place, period));
  const objects = all.filter(({ key }) => periodOfKey(key, place) !== undefined);
  return { sources: sourcesOf(objects), counts: await countRecords(objects, offsetsOf) };
}

function recordOf(
  period: HourPeriod,
  audited: AuditedHours,
  { counts, sources }: HourContent,
  earlier: HourRecord | undefined,
): HourRecord {
  const { asOf, claim, place } = audited;
  const partitions = partitionsOf({ period, earlier }, audited, counts);
  const added = earlier === undefined ? 0 : recordsOf(partitions) - recordsOf(earlier.partitions);
  return {
    format: 1,
    topic: place.topic,
    ...period,
    generation: (earlier?.generation ?? 0) + 1,
    asOf: new Date(asOf).toISOString(),
    claim,
    ...judgeHour(period, audited, earlier),
    partitions,
    late: lateOf(added, asOf - endOfPeriod(period), earlier),
    sources,
  };
}

/** Returns every partition that the topic has, or that the hour has records of, in order. */
function partitionsOf(
  hour: FindingHour,
  { broker, partitions }: HourKnowledge,
  counts: HourContent['counts'],
): HourPartition[] {
  const reports = new Map(partitions.map((each) => [each.partition, each]));
  const logs = new Map(broker?.partitions.map((each) => [each.partition, each]));
  return [...new Set([...reports.keys(), ...logs.keys(), ...counts.keys()])]
    .sort((a, b) => a - b)
    .map((partition) => {
      const log = logs.get(partition);
      const report = reports.get(partition);
      const { doubles = 0, first, last, records = 0 } = counts.get(partition) ?? {};
      const own = first === undefined || last === undefined ? undefined : { first, last };
      return {
        ...{ partition, through: report?.through ?? 0 },
        ...(log && { log_start: log.logStart, end: log.end }),
        ...{ records, ...own, doubles },
        holes: hourHoles(report?.findings ?? [], { ...hour, offsets: own }),
      };
    });
}

function recordsOf(partitions: readonly HourPartition[]): number {
  return partitions.reduce((sum, { records }) => sum + records, 0);
}

function lateOf(added: number, ms: number, earlier: HourRecord | undefined): HourRecord['late'] {
  const { latest_ms, records } = earlier?.late ?? { latest_ms: 0, records: 0 };
  return added > 0 ? { records: records + added, latest_ms: ms } : { records, latest_ms };
}

/** What a record says about its hour, without what moves on with each audit. */
function statementOf(record: HourRecord) {
  const { asOf, claim, closed, partitions, settled, sources, why_open } = record;
  return {
    ...{ claim, closed, settled, sources, why_open },
    // An hour settles by the ends of the log in a record that was written after it.
    hasEnds: settled || (claim === 'audited' && Date.parse(asOf) >= settlesAt(record)),
    partitions: partitions
      .map(({ end, log_start, through, ...statement }) => statement)
      .filter(({ holes, records }) => records > 0 || Object.keys(holes).length > 0),
  };
}
