import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../common/sample.ts';
import { PARTITIONS, type ValueSize, valueBytes } from './orders.ts';
import { RunningPeer } from './running-peer.ts';
import { produceSteadily } from './steady-producer.ts';
import { readStoredLine } from './stored-line.ts';
import { listStored, readObjects } from './stored-objects.ts';
import type { RunParts } from './throughput.ts';
import { assigned, type WatchedPeer } from './watch.ts';

/** Seconds of the load before those that are measured: programs warm up, first objects fill. */
const WARM_UP_SECONDS = 10;
/** Seconds of the load after them, at most, in which the last of them are stored. */
const TAIL_SECONDS = 90;
const LOOK_MS = 250;

const SIZE: ValueSize = '1kb';

/** The load. */
export interface DelayLoad {
  /** Records a second. */
  readonly rate: number;
  /** That are measured. */
  readonly seconds: number;
}

/** What came of a run under a steady load. */
export interface DelayRun {
  /** Records measured. */
  readonly records: number;
  /** Of those, in no object when the run ended. */
  readonly notStored: number;
  /** Milliseconds from a record's timestamp until the object with it was there. */
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

/** Which records count: places in the sequence, the second one excluded. */
export interface MeasuredSpan {
  readonly from: number;
  readonly to: number;
}

/**
 * Has a peer archive a topic while it is being filled, and reads back when each record was stored. The load
 * goes on until the measured records are, so that no peer waits longer for the last of them than in use.
 *
 * @throws {Error} where the peer ends, with the end of its log
 */
export async function runDelay(parts: RunParts, load: DelayLoad): Promise<DelayRun> {
  const { bench, name, peer, signal } = parts;
  const topic = `steady-${name}-${crypto.randomUUID()}`;
  await bench.topics.create(topic);
  const task = await bench.newTask(name, topic, false);
  const running = new RunningPeer(peer, task);
  const watched = { running, task, topics: bench.topics, signal };
  try {
    await assigned(watched);
    const { span, times } = await produce(parts, watched, load);
    await running.stop();
    const storedAt = new Map<number, number>();
    const stored = listStored(bench.s3Folder, task.bucket);
    for await (const object of readObjects(bench.client, task.bucket, stored)) {
      for (const line of object.lines) {
        const { sequence } = readStoredLine(line, peer.format);
        storedAt.set(sequence, Math.min(object.storedAt, storedAt.get(sequence) ?? Infinity));
      }
    }
    return delaysOf(times, storedAt, span);
  } finally {
    await running.stop();
    bench.clear(task);
    await bench.topics.remove(topic);
  }
}

interface Load {
  readonly times: readonly number[];
  readonly span: MeasuredSpan;
}

async function produce(
  { onProgress, peer, signal }: RunParts,
  watched: WatchedPeer,
  { rate, seconds }: DelayLoad,
): Promise<Load> {
  const { task, topics } = watched;
  const times: number[] = [];
  const stop = new AbortController();
  const connection = { brokers: [task.brokers] };
  const load = { connection, topic: task.topic, bytes: valueBytes[SIZE], rate };
  const producing = produceSteadily(load, times, AbortSignal.any([stop.signal, signal]));
  const span = { from: WARM_UP_SECONDS * rate, to: (WARM_UP_SECONDS + seconds) * rate };
  const isStored = async () =>
    (await topics.progress(task.group, task.topic)).least >= Math.ceil(span.to / PARTITIONS);
  const watch = async () => {
    const end = Date.now() + (WARM_UP_SECONDS + seconds + TAIL_SECONDS) * 1000;
    while (times.length < span.to || (Date.now() < end && !(await isStored()))) {
      watched.running.checkRuns();
      onProgress(`${task.topic}: ${times.length} records produced, ${span.to} to be stored`);
      await sleep(LOOK_MS, undefined, { signal });
    }
    // Of the measured ones, none comes later than that, while others still do.
    await sleep(peer.settleMs ?? 0, undefined, { signal });
  };
  try {
    await Promise.race([watch(), producing]);
  } finally {
    stop.abort();
    await producing;
  }
  return { times, span };
}

/**
 * How long records waited.
 *
 * @param times of each place in the sequence, epoch milliseconds
 * @param storedAt likewise, of those that were stored
 */
export function delaysOf(
  times: readonly number[],
  storedAt: ReadonlyMap<number, number>,
  { from, to }: MeasuredSpan,
): DelayRun {
  const delays: number[] = [];
  for (let sequence = from; sequence < to; sequence++) {
    const stored = storedAt.get(sequence);
    const produced = times[sequence];
    if (stored !== undefined && produced !== undefined) delays.push(stored - produced);
  }
  return {
    records: to - from,
    notStored: to - from - delays.length,
    p50: quantile(delays, 0.5),
    p99: quantile(delays, 0.99),
    most: quantile(delays, 1),
  };
}
