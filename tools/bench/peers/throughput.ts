import { readFileSync } from 'node:fs';
import { countRequests } from './access-log.ts';
import type { BenchSetup } from './bench-setup.ts';
import { Judge, type Verdict } from './judge.ts';
import type { Peer, PeerName, PeerTask } from './peer.ts';
import type { TreeUsage, Usage } from './process-tree.ts';
import { RunningPeer } from './running-peer.ts';
import { readStoredLine } from './stored-line.ts';
import { listStored, readObjects } from './stored-objects.ts';
import type { FilledTopic } from './topic.ts';
import { type Assigned, assigned, committed, settled, type WatchedPeer } from './watch.ts';

/** Share of the records at which the clock stops: the last few wait for their object to fill. */
const MEASURED_SHARE = 0.95;

/** What came of one run of a peer over a whole topic. */
export interface ThroughputRun {
  /** Seconds from the start of its processes to the group's partitions. */
  readonly startSeconds: number;
  /** What its processes took until then. */
  readonly start: TreeUsage;
  /** What they took from then until all was committed. */
  readonly work: TreeUsage;
  /** Records stored each second, from then until {@link MEASURED_SHARE} of them were. */
  readonly recordsPerSecond: number;
  /** Bytes of values, likewise. */
  readonly bytesPerSecond: number;
  /** Bytes of values of the topic. */
  readonly valueBytes: number;
  readonly objects: number;
  readonly bytesStored: number;
  /** By the S3 server's access log. */
  readonly puts: number;
  readonly failedRequests: number;
  readonly verdict: Verdict;
}

/** What a run is about, and who is told of it. */
export interface RunParts {
  readonly bench: BenchSetup;
  readonly name: PeerName;
  readonly peer: Peer;
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/**
 * Has a peer archive a whole topic, and reads all of it back.
 *
 * @throws {Error} where the peer ends or gets no further, with the end of its log
 */
export async function runThroughput(parts: RunParts, topic: FilledTopic): Promise<ThroughputRun> {
  const { bench, name } = parts;
  const task = await bench.newTask(name, topic.topic, true);
  try {
    const archived = await archive(parts, topic, task);
    return await assess(parts, topic, { ...archived, task });
  } finally {
    bench.clear(task);
  }
}

interface Archived {
  readonly spawnedAt: number;
  readonly assigned: Assigned;
  readonly usage: TreeUsage;
}

async function archive(
  { bench, onProgress, peer, signal }: RunParts,
  { records, topic }: FilledTopic,
  task: PeerTask,
): Promise<Archived> {
  const spawnedAt = Date.now();
  onProgress(`${topic}: starts`);
  const running = new RunningPeer(peer, task);
  const watched: WatchedPeer = { running, task, topics: bench.topics, signal };
  try {
    const begun = await assigned(watched);
    await committed(watched, records, (count) =>
      onProgress(`${topic}: ${count} of ${records} records, ${secondsSince(begun.at)} s`),
    );
    await settled(peer, watched, bench.s3Folder);
    return { spawnedAt, assigned: begun, usage: running.usage() };
  } finally {
    await running.stop();
  }
}

async function assess(
  { bench, onProgress, peer, signal }: RunParts,
  topic: FilledTopic,
  { assigned, spawnedAt, task, usage }: Archived & { readonly task: PeerTask },
): Promise<ThroughputRun> {
  const stored = listStored(bench.s3Folder, task.bucket);
  const judge = new Judge(topic.checksums);
  const counts: StoredCount[] = [];
  for await (const { lines, storedAt } of readObjects(bench.client, task.bucket, stored)) {
    signal.throwIfAborted();
    for (const line of lines) judge.take(readStoredLine(line, peer.format));
    counts.push({ storedAt, records: lines.length });
    onProgress(`${topic.topic}: read back ${counts.length} of ${stored.length} objects`);
  }
  const { puts, failed } = countRequests(readFileSync(bench.accessLog, 'utf8'), task.bucket);
  const rate = rateUntil(counts, assigned.at, MEASURED_SHARE);
  return {
    startSeconds: (assigned.at - spawnedAt) / 1000,
    start: assigned.usage,
    work: difference(usage, assigned.usage),
    recordsPerSecond: rate,
    bytesPerSecond: (rate * topic.valueBytes) / topic.records,
    valueBytes: topic.valueBytes,
    objects: stored.length,
    bytesStored: sumOf(stored, ({ bytes }) => bytes),
    puts,
    failedRequests: failed,
    verdict: judge.verdict(),
  };
}

/** When records of an object were stored: epoch milliseconds. */
export interface StoredCount {
  readonly storedAt: number;
  readonly records: number;
}

/**
 * Records each second from a moment until a share of them was stored; NaN where there are none.
 *
 * @param begun epoch milliseconds
 */
export function rateUntil(counts: readonly StoredCount[], begun: number, share: number): number {
  const wanted = share * sumOf(counts, ({ records }) => records);
  let records = 0;
  for (const each of [...counts].sort((a, b) => a.storedAt - b.storedAt)) {
    records += each.records;
    if (records >= wanted) return records / ((each.storedAt - begun) / 1000);
  }
  return Number.NaN;
}

function difference(later: TreeUsage, earlier: TreeUsage): TreeUsage {
  const of = (part: keyof TreeUsage): Usage => ({
    cpuSeconds: later[part].cpuSeconds - earlier[part].cpuSeconds,
    // The most, of all the time.
    peakBytes: later[part].peakBytes,
  });
  return { all: of('all'), function: of('function') };
}

function sumOf<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}

function secondsSince(begun: number): string {
  return ((Date.now() - begun) / 1000).toFixed(0);
}
