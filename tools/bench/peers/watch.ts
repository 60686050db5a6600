import { setTimeout as sleep } from 'node:timers/promises';
import type { Peer, PeerTask } from './peer.ts';
import type { TreeUsage } from './process-tree.ts';
import type { RunningPeer } from './running-peer.ts';
import { listStored } from './stored-objects.ts';
import type { Topics } from './topic.ts';

/** Milliseconds between looks: at a group that has no partitions yet, and at what it has committed. */
const ASSIGNED_LOOK_MS = 100;
const COMMITTED_LOOK_MS = 500;

/** Milliseconds without any progress after which a peer is given up. */
const STALL_MS = 120_000;

/** A peer at work, as it is watched from outside: what watching costs is the broker's and the harness's CPU. */
export interface WatchedPeer {
  readonly running: RunningPeer;
  readonly task: PeerTask;
  readonly topics: Topics;
  readonly signal: AbortSignal;
}

/** The moment in which a peer's group had its partitions. */
export interface Assigned {
  /** Epoch milliseconds. */
  readonly at: number;
  /** What its processes had taken by then: the start. */
  readonly usage: TreeUsage;
}

/**
 * Waits until the group has its partitions.
 *
 * @throws {Error} where the peer ends or does not come to that
 */
export async function assigned({ running, signal, task, topics }: WatchedPeer): Promise<Assigned> {
  const end = Date.now() + STALL_MS;
  for (;;) {
    const { isAssigned } = await topics.progress(task.group, task.topic);
    if (isAssigned) return { at: Date.now(), usage: running.usage() };
    running.checkRuns();
    if (Date.now() > end) throw stalled('has not joined its group', running);
    await sleep(ASSIGNED_LOOK_MS, undefined, { signal });
  }
}

/**
 * Waits until the group has committed so many offsets, of all partitions together.
 *
 * @param onProgress told of offsets committed so far
 * @throws {Error} where the peer ends or gets no further
 */
export async function committed(
  { running, signal, task, topics }: WatchedPeer,
  offsets: number,
  onProgress: (committed: number) => void,
): Promise<void> {
  let last = { committed: 0, at: Date.now() };
  for (;;) {
    const { committed } = await topics.progress(task.group, task.topic);
    onProgress(committed);
    if (committed >= offsets) return;
    running.checkRuns();
    if (committed > last.committed) last = { committed, at: Date.now() };
    else if (Date.now() - last.at > STALL_MS) {
      throw stalled(`has committed ${committed} of ${offsets} offsets`, running);
    }
    await sleep(COMMITTED_LOOK_MS, undefined, { signal });
  }
}

/** Waits until no object has come to the bucket for as long as the peer may take after its commit. */
export async function settled(
  { settleMs = 0 }: Peer,
  { signal, task }: WatchedPeer,
  s3Folder: string,
): Promise<void> {
  const newest = () =>
    Math.max(...listStored(s3Folder, task.bucket).map(({ storedAt }) => storedAt));
  const begun = Date.now();
  while (Date.now() - Math.max(begun, newest()) < settleMs) {
    await sleep(COMMITTED_LOOK_MS, undefined, { signal });
  }
}

function stalled(what: string, running: RunningPeer): Error {
  return new Error(`${what} for ${STALL_MS / 1000} s: ${running.lastWords()}`);
}
