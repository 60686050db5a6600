import { join } from 'node:path';
import type { StreamCounts } from '../firehose-server/delivery-stream.ts';
import type { MappingEvent } from '../mapping/event-source-mapping.ts';
import type { DiscardCondition } from '../mapping/retry-policy.ts';
import type { FailedBatchCounts } from '../replay/failed-batch-watch.ts';
import { HASHED_FOLDER, MAX_NAME_BYTES } from '../s3-server/key-place.ts';
import { isComplete, isExact, total, type Verdict } from './ledger.ts';
import type { DemoOptions } from './options.ts';
import type { ReadBack } from './read-back.ts';

/** Counts of a running demo. */
export class DemoCounts {
  produced = 0;
  /** Records that existed in the topics before. */
  found = 0;
  /** Records in invocations that succeeded. */
  archived = 0;
  /** Bytes of keys and values produced or found. */
  bytesIn = 0;
  failures = 0;
  /** Failed invocations since the last success. */
  failuresInARow = 0;
  lastError = '';
  /** The problem with a broker; empty if the last call succeeded. */
  trouble = '';
  /** Duration of each invocation in milliseconds. */
  readonly durations: number[] = [];
  /** Records that the event source mapping dropped, by condition. */
  readonly discarded = new Map<DiscardCondition, number>();

  observe(event: MappingEvent): void {
    if (event.type === 'discarded' && !event.delivered) {
      const before = this.discarded.get(event.condition) ?? 0;
      this.discarded.set(event.condition, before + event.records.length);
    }
    if (event.type === 'committed') this.trouble = '';
    if (event.type === 'commit failed') this.trouble = 'a commit failed and will be retried';
    if (event.type !== 'invoked') return;
    this.durations.push(event.milliseconds);
    if (event.outcome.kind === 'returned') {
      this.archived += event.records;
      this.failuresInARow = 0;
    } else {
      this.failures += 1;
      this.failuresInARow += 1;
      this.lastError = event.outcome.kind === 'failed' ? event.outcome.errorType : 'throttled';
    }
  }

  /** @param lag number of known offsets that are not committed yet */
  progress(lag: number): string {
    const counts = {
      ...(this.found > 0 && { found: this.found }),
      ...((this.produced > 0 || this.found === 0) && { produced: this.produced }),
      archived: this.archived,
      lag,
      invocations: this.durations.length,
    };
    const line = Object.entries(counts).map(([name, figure]) => `${name} ${count(figure)}`);
    if (this.failures > 0) line.push(`failed ${count(this.failures)} (${this.lastError})`);
    if (this.trouble !== '') line.push(this.trouble);
    return line.join(' · ');
  }
}

/** Figures of a run besides the counts. */
export interface DemoFigures {
  readonly seconds: number;
  readonly objects: number;
  readonly bytesStored: number;
  readonly compression: string;
  readonly coldStarts: number;
  readonly functionMiB: number;
  readonly functionLimitMiB: number;
  /** Memory of this process: topic, event source mapping, S3 server. */
  readonly emulatorMiB: number;
  /** @default - a run without failures */
  readonly replay?: ReplayFigures;
  /** @default - a run without a delivery stream */
  readonly stream?: StreamFigures | undefined;
}

/** Figures of a delivery stream. */
export interface StreamFigures extends StreamCounts {
  /** Firehose records, each with many lines. */
  readonly records: number;
}

/** Figures of failed batches and their replay. */
export interface ReplayFigures {
  readonly counts: FailedBatchCounts;
  /** Milliseconds of the slowest replay. */
  readonly slowestMs: number;
  /** Records in all objects. */
  readonly records: number;
  /** Stored by replay. @default - unknown, as in the objects of a stream */
  readonly replayedObjects?: number;
  readonly replayedRecords?: number;
}

/** The table at the end of a run. */
export function demoTable(counts: DemoCounts, figures: DemoFigures): string {
  const { durations, failures, bytesIn } = counts;
  const { replay, stream } = figures;
  const records = replay?.records ?? counts.archived;
  const byReplay = (part?: number) => (part === undefined ? '' : ` (${count(part)} by replay)`);
  const sorted = [...durations].sort((a, b) => a - b);
  const percentile = (share: number) => count(sorted[Math.ceil(sorted.length * share) - 1] ?? 0);
  const { bytesStored, functionMiB } = figures;
  // If some records are not stored, the two sizes are not those of the same records.
  const isWhole = bytesStored > 0 && records >= counts.produced + counts.found;
  const smaller = isWhole ? `, ${(bytesIn / bytesStored).toFixed(1)} to 1` : '';
  // AWS's runtime client does not report its memory.
  const held = functionMiB === 0 ? 'unknown' : count(functionMiB);
  const rows = [
    ['records', `${count(records)}${byReplay(replay?.replayedRecords)}`],
    [
      'invocations',
      `${count(durations.length)} (failed ${count(failures)}, cold starts ${count(figures.coldStarts)})`,
    ],
    ...(replay ? [['failed batches', failedBatches(replay)]] : []),
    ...(stream ? [['stream', streamCounts(stream)]] : []),
    ['objects', `${count(figures.objects)}${byReplay(replay?.replayedObjects)}`],
    ['bytes in', `${count(bytesIn)} of keys and values`],
    ['bytes stored', `${count(bytesStored)}, ${figures.compression}${smaller}`],
    ['records/s', count(records / figures.seconds)],
    [
      'invocation ms',
      `p50 ${percentile(0.5)}, p90 ${percentile(0.9)}, p99 ${percentile(0.99)}, max ${percentile(1)}`,
    ],
    [
      'peak memory',
      `function ${held} of ${count(figures.functionLimitMiB)} MiB, emulator ${count(figures.emulatorMiB)} MiB`,
    ],
  ];
  return rows.map(([name = '', figure = '']) => `  ${name.padEnd(14)} ${figure}`).join('\n');
}

/** Says what one object holds, for runs without a stream. */
export function objectsSentence({
  objectOf,
  timeFolder,
}: Pick<DemoOptions, 'objectOf' | 'timeFolder'>): string {
  const parts = [
    'batch',
    ...(objectOf === 'partition' ? ['partition'] : []),
    ...(timeFolder === 'none' ? [] : [timeFolder]),
  ];
  const records = parts.join(', ').replace(/, (?=\w+$)/, ' and ');
  return `Each object holds the records of one ${records}; its name gives the offsets of each partition.`;
}

/** Says where the local S3 server keeps objects whose key cannot be a path. */
export function hashedObjectsSentence(
  { hashedObjects }: Pick<ReadBack, 'hashedObjects'>,
  folder: string,
): string {
  const objects = hashedObjects === 1 ? '1 object' : `${count(hashedObjects)} objects`;
  return `Names of more than ${MAX_NAME_BYTES} bytes cannot be files: look for ${objects} in ${join(folder, HASHED_FOLDER)}/, named by the SHA-256 of the key.`;
}

function streamCounts({ dropped, failed, records, taken }: StreamFigures): string {
  const lost = failed + dropped > 0 ? ` (errors ${count(failed)}, dropped ${count(dropped)})` : '';
  return `${count(taken)} lines in ${count(records)} records${lost}`;
}

function failedBatches({ counts, slowestMs }: ReplayFigures): string {
  const { all, dead, replayed, waiting } = counts;
  if (all === 0) return 'none';
  const slowest = replayed > 0 ? ` (slowest after ${seconds(slowestMs)})` : '';
  if (replayed === all) return `${count(all)}, all replayed${slowest}`;
  return `${count(all)}: replayed ${count(replayed)}${slowest}, waiting ${count(waiting)}, dead ${count(dead)}`;
}

/** How often each offset must be stored. */
export type Guarantee = 'exactly once' | 'at least once';

/** Whether a verdict meets the guarantee. */
export function isKept(guarantee: Guarantee, verdict: Verdict): boolean {
  return guarantee === 'exactly once' ? isExact(verdict) : isComplete(verdict);
}

/** Lines of the verdict: one per topic if there are several, and the total. */
export function verdictLines(
  verdicts: ReadonlyMap<string, Verdict>,
  guarantee: Guarantee = 'exactly once',
): string[] {
  const stored = (verdict: Verdict) =>
    guarantee === 'exactly once'
      ? `${verdict.exact} of ${verdict.expected}`
      : `${verdict.expected - verdict.missing - verdict.altered} of ${verdict.expected}, ${verdict.duplicates} duplicates`;
  const faults = ({ missing, repeated, altered, unknown }: Verdict) =>
    `missing ${missing}, repeated ${repeated}, altered ${altered}, unknown ${unknown}`;
  const topics = [...verdicts].map(([topic, verdict]) => {
    const line = `topic '${topic}': ${stored(verdict)}`;
    return isKept(guarantee, verdict) ? line : `${line} (${faults(verdict)})`;
  });
  const all = total(verdicts.values());
  return [
    ...(topics.length > 1 ? topics : []),
    `every offset stored ${guarantee}: ${stored(all)}`,
    ...(isKept(guarantee, all) ? [] : [faults(all)]),
  ];
}

/** Formats a whole number with thousands separators. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Formats milliseconds as seconds with one decimal. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
