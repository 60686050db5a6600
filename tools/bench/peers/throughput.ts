import { readFileSync } from 'node:fs';
import type { BenchSetup } from './bench-setup.ts';
import { Judge, readStoredLine, type Verdict } from './judge.ts';
import type { Peer, PeerName, PeerTask } from './peer.ts';
import type { TreeUsage, Usage } from './process-tree.ts';
import { RunningPeer } from './running-peer.ts';
import { countRequests, listStored, readObjects } from './stored-objects.ts';
import type { FilledTopic } from './topic.ts';
import { type Assigned, assigned, committed, settled, type WatchedPeer } from './watch.ts';

/** Share of the records at which the clock stops, because the last few wait for their object to fill. */
const MEASURED_SHARE = 0.95;

/** The result of one run of a peer over a complete topic. */
export interface ThroughputRun {
  /** Seconds from the start of its processes until its group had its partitions. */
  readonly startSeconds: number;
  /** Usage of its processes until then. */
  readonly start: TreeUsage;
  /** Their usage from then until every offset was committed. */
  readonly work: TreeUsage;
  /** Records stored a second, from then until {@link MEASURED_SHARE} of them were stored. */
  readonly recordsPerSecond: number;
  /** Bytes of values stored a second, likewise. */
  readonly bytesPerSecond: number;
  /** Bytes of all values in the topic. */
  readonly valueBytes: number;
  readonly objects: number;
  readonly bytesStored: number;
  /** As the S3 server's access log counts them. */
  readonly puts: number;
  readonly failedRequests: number;
  readonly verdict: Verdict;
}

/** The parts of a run. */
export interface RunParts {
  readonly bench: BenchSetup;
  readonly name: PeerName;
  readonly peer: Peer;
  /** Stops the run. */
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/**
 * Lets a peer archive a complete topic, and reads every object back.
 *
 * @throws {Error} with the end of the peer's log, if the peer ends or makes no progress
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
  onProgress(`${topic}: starting`);
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

/** The records of an object. */
export interface StoredCount {
  /** Epoch milliseconds. */
  readonly storedAt: number;
  readonly records: number;
}

/**
 * Records a second from a moment until a share of them was stored; NaN if there are none.
 *
 * @param begun the moment, in epoch milliseconds
 * @param share 0 to 1
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
    // A peak has no difference.
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
