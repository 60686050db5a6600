import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import pLimit from 'p-limit';
import { hourRecordKey, hourRecordsPrefix } from '../../lambda/core/audit/derived-keys.ts';
import { holeClasses } from '../../lambda/core/audit/finding.ts';
import { type HourPeriod, periodsBetween } from '../../lambda/core/audit/hour-period.ts';
import { decodeHourRecord, type HourRecord } from '../../lambda/core/audit/hour-record.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';
import type { ArchiveSource } from '../../lambda/core/object/archive-source.ts';
import { findTopics } from '../archive/list-objects.ts';
import { MAX_CONNECTIONS } from '../aws-clients.ts';
import { NotSo } from '../command.ts';
import { formatCount } from '../counts.ts';
import type { Machine } from '../machine.ts';
import { tableLines } from '../table.ts';

/** Which hours to show. */
export interface HourQuery {
  readonly topic: string;
  /** The setting `objectPrefix`. @default - that of the only archive with the topic */
  readonly prefix: string | undefined;
  /** Epoch milliseconds, inclusive and exclusive. */
  readonly from: number;
  readonly to: number;
  /** Whether every hour has to be settled. */
  readonly complete: boolean;
}

/** What {@link showHours} works with. */
export interface HourParts extends Pick<Machine, 'print'> {
  /** The bucket for derived data. */
  readonly source: ArchiveSource;
  /** Whether to print one JSON document. */
  readonly json: boolean;
}

/** An hour of the range, with its record if it has one. */
interface ShownHour {
  readonly period: HourPeriod;
  readonly record: HourRecord | undefined;
}

/**
 * Prints the hour records of a topic.
 *
 * @throws {ArchiverError} `LOAD_FAILED`, also for a topic without hour records, or `STORE_ABORTED`
 * @throws {NotSo} if every hour has to be settled and one is not
 */
export async function showHours(query: HourQuery, parts: HourParts): Promise<void> {
  const { json, print, source } = parts;
  const prefix = await findPrefix(source, query);
  const hours = await readHours(source, prefix, query);
  const records = hours.flatMap(({ record }) => record ?? []);
  if (json) {
    const missing = hours.flatMap(({ period, record }) => (record === undefined ? period : []));
    print(JSON.stringify({ topic: query.topic, prefix, hours: records, missing }, undefined, 2));
  } else for (const line of hourLines(hours)) print(line);
  if (query.complete && hours.some(({ record }) => record?.settled !== true)) throw new NotSo();
}

const HOURS = 'hours/';

/** Returns the object prefix of the topic's records. */
async function findPrefix(
  source: ArchiveSource,
  { prefix, topic }: Pick<HourQuery, 'prefix' | 'topic'>,
): Promise<string> {
  const selection = prefix === undefined ? {} : { prefix: `${HOURS}${prefix}` };
  const found = await findTopics(source, { ...selection, topics: [topic] });
  const prefixes = found
    .filter((each) => each.prefix.startsWith(HOURS))
    .map((each) => each.prefix.slice(HOURS.length));
  const [only] = prefixes;
  if (only !== undefined && prefixes.length === 1) return only;
  const problem =
    only === undefined
      ? `topic '${topic}' has no hour records in ${source.name}`
      : `topic '${topic}' has hour records of several archives: pass --prefix with one of ${prefixes.map((each) => `'${each}'`).join(', ')}`;
  throw new ArchiverError('LOAD_FAILED', problem);
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

async function readHours(
  source: ArchiveSource,
  objectPrefix: string,
  { from, to, topic }: HourQuery,
): Promise<readonly ShownHour[]> {
  const place = { objectPrefix, topic };
  const inTurn = pLimit(MAX_CONNECTIONS);
  const days = periodsBetween(from, Math.ceil(to / DAY_MS) * DAY_MS, 'day');
  const levels = await inTurn.map(days, ({ dt }) =>
    source.listLevel(`${hourRecordsPrefix(place)}dt=${dt}/`),
  );
  const keys = new Set(levels.flatMap(({ objects }) => objects.map(({ key }) => key)));
  const keyOf = ({ dt, hour }: HourPeriod) => hourRecordKey(place, dt, hour);
  const hasDays = days.some((day) => keys.has(keyOf(day)));
  const periods = hasDays ? days : periodsBetween(from, Math.ceil(to / HOUR_MS) * HOUR_MS, 'hour');
  return await inTurn.map(periods, async (period) => {
    const key = keyOf(period);
    return { period, record: keys.has(key) ? await readRecord(source, key) : undefined };
  });
}

async function readRecord(source: ArchiveSource, key: string): Promise<HourRecord> {
  const { body } = await source.read(key);
  return decodeHourRecord(await text(Readable.from(body)), key);
}

const states = ['closed', 'settled', 'open', 'missing'] as const;

function stateOf({ record }: ShownHour): (typeof states)[number] {
  if (record === undefined) return 'missing';
  if (record.closed) return 'closed';
  return record.settled ? 'settled' : 'open';
}

const HEAD = [
  ...['DT', 'HOUR', 'GENERATION', 'CLAIM', 'STATE'],
  ...['RECORDS', 'DOUBLES', 'HOLES', 'LATE'],
];

function hourLines(hours: readonly ShownHour[]): string[] {
  const rows = hours.map((each) => {
    const { period, record } = each;
    const name = [period.dt, period.hour];
    if (record === undefined) return [...name, '', '', stateOf(each)];
    const { claim, generation, late, partitions } = record;
    const sum = (name: 'records' | 'doubles') =>
      formatCount(partitions.reduce((total, partition) => total + partition[name], 0));
    return [
      ...[...name, String(generation), claim, stateOf(each)],
      ...[sum('records'), sum('doubles'), holesText(record), formatCount(late.records)],
    ];
  });
  const counts = states
    .map((state) => [state, hours.filter((each) => stateOf(each) === state).length] as const)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${formatCount(count)} ${state}`);
  const reasons = [...new Set(hours.flatMap(({ record }) => record?.why_open ?? []))];
  return [
    ...tableLines([HEAD, ...rows]),
    '',
    counts.join(', '),
    ...reasons.map((each) => `Not closed: ${each}`),
  ];
}

/** `2 lost, 25 expired`, or 0. */
function holesText({ partitions }: HourRecord): string {
  const counts = holeClasses.map((kind) => {
    const count = partitions.reduce((sum, { holes }) => sum + (holes[kind] ?? 0), 0);
    return count > 0 ? [`${formatCount(count)} ${kind}`] : [];
  });
  return counts.flat().join(', ') || '0';
}
