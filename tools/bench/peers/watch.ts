import { setTimeout as sleep } from 'node:timers/promises';
import type { Peer, PeerTask } from './peer.ts';
import type { TreeUsage } from './process-tree.ts';
import type { RunningPeer } from './running-peer.ts';
import { listStored } from './stored-objects.ts';
import type { Topics } from './topic.ts';

/** Milliseconds between two polls for the group's assignment, and for its committed offsets. */
const ASSIGNED_POLL_MS = 100;
const COMMITTED_POLL_MS = 500;

/** Milliseconds without progress after which a peer is abandoned. */
const STALL_MS = 120_000;

/** A running peer, watched from outside, so that watching costs CPU of the broker and the bench only. */
export interface WatchedPeer {
  readonly running: RunningPeer;
  readonly task: PeerTask;
  readonly topics: Topics;
  readonly signal: AbortSignal;
}

/** The moment at which a peer's group was assigned its partitions. */
export interface Assigned {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Usage of its processes until then. */
  readonly usage: TreeUsage;
}

/**
 * Waits until the group has its partitions.
 *
 * @throws {Error} if the peer ends or does not get that far
 */
export async function assigned({ running, signal, task, topics }: WatchedPeer): Promise<Assigned> {
  const end = Date.now() + STALL_MS;
  for (;;) {
    const { isAssigned } = await topics.progress(task.group, task.topic);
    if (isAssigned) return { at: Date.now(), usage: running.usage() };
    running.checkRuns();
    if (Date.now() > end) throw stalled('has not joined its group', running);
    await sleep(ASSIGNED_POLL_MS, undefined, { signal });
  }
}

/**
 * Waits until the sum of the group's committed offsets reaches `offsets`.
 *
 * @param onProgress receives the sum so far
 * @throws {Error} if the peer ends or makes no progress
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
    await sleep(COMMITTED_POLL_MS, undefined, { signal });
  }
}

/** Waits until no new object has appeared in the bucket for the peer's `settleMs`. */
export async function settled(
  { settleMs = 0 }: Peer,
  { signal, task }: WatchedPeer,
  s3Folder: string,
): Promise<void> {
  const newest = () =>
    Math.max(...listStored(s3Folder, task.bucket).map(({ storedAt }) => storedAt));
  const begun = Date.now();
  while (Date.now() - Math.max(begun, newest()) < settleMs) {
    await sleep(COMMITTED_POLL_MS, undefined, { signal });
  }
}

function stalled(what: string, running: RunningPeer): Error {
  return new Error(`${what} for ${STALL_MS / 1000} s: ${running.lastWords()}`);
}
