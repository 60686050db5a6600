import { Buffer } from 'node:buffer';
import { setTimeout as sleep } from 'node:timers/promises';
import { Producer } from '@platformatic/kafka';
import { clientOptions, type KafkaConnection, keepAlive } from '../../../kafka/connection.ts';
import { quantile } from '../common/sample.ts';
import { readStoredLine } from './judge.ts';
import { orderRecord, PARTITIONS, type ValueSize, valueBytes } from './orders.ts';
import { RunningPeer } from './running-peer.ts';
import { listStored, readObjects } from './stored-objects.ts';
import type { RunParts } from './throughput.ts';
import { assigned, type WatchedPeer } from './watch.ts';

/** Seconds of load before the measured ones, in which programs warm up and the first objects fill. */
const WARM_UP_SECONDS = 10;
/** The longest that the load continues after the measured seconds, until the last of their records are stored. */
const TAIL_SECONDS = 90;
const POLL_MS = 250;
/** Milliseconds between two produce requests. */
const REQUEST_MS = 20;

const SIZE: ValueSize = '1kb';

/** A steady load. */
export interface DelayLoad {
  /** Records a second. */
  readonly rate: number;
  /** Measured seconds. */
  readonly seconds: number;
}

/** The result of a run under a steady load. */
export interface DelayRun {
  /** Measured records. */
  readonly records: number;
  /** Measured records that were in no object when the run ended. */
  readonly notStored: number;
  /** Milliseconds from a record's timestamp until an object contained it. */
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

/** The measured records: sequence numbers from `from` up to, not including, `to`. */
export interface MeasuredSpan {
  readonly from: number;
  readonly to: number;
}

/**
 * Lets a peer archive a topic while it is being filled, and reads back when each record was stored. The load
 * continues until the measured records are stored, so that no peer waits longer for the last of them than in production.
 *
 * @throws {Error} with the end of the peer's log, if the peer ends
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

interface Produced {
  /** Epoch milliseconds at which each record was produced, by sequence number. */
  readonly times: readonly number[];
  readonly span: MeasuredSpan;
}

async function produce(
  { onProgress, peer, signal }: RunParts,
  watched: WatchedPeer,
  { rate, seconds }: DelayLoad,
): Promise<Produced> {
  const { task, topics } = watched;
  const times: number[] = [];
  const stop = new AbortController();
  const load = { connection: { brokers: [task.brokers] }, topic: task.topic, rate };
  const producing = produceSteadily(load, times, AbortSignal.any([stop.signal, signal]));
  const span = { from: WARM_UP_SECONDS * rate, to: (WARM_UP_SECONDS + seconds) * rate };
  const isStored = async () =>
    (await topics.progress(task.group, task.topic)).least >= Math.ceil(span.to / PARTITIONS);
  const watch = async () => {
    const end = Date.now() + (WARM_UP_SECONDS + seconds + TAIL_SECONDS) * 1000;
    while (times.length < span.to || (Date.now() < end && !(await isStored()))) {
      watched.running.checkRuns();
      onProgress(`${task.topic}: ${times.length} records produced, ${span.to} to store`);
      await sleep(POLL_MS, undefined, { signal });
    }
    // The load goes on meanwhile, and every measured record is stored before this ends.
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
 * Produces each order once at a steady rate until stopped, and catches up after a slow request.
 *
 * @param produced receives the timestamp of each record, by sequence number
 * @throws if the broker refuses a request
 */
async function produceSteadily(
  {
    connection,
    rate,
    topic,
  }: { readonly connection: KafkaConnection; readonly topic: string; readonly rate: number },
  produced: number[],
  stop: AbortSignal,
): Promise<void> {
  const producer = keepAlive(
    new Producer<Buffer | null, Buffer | null, Buffer, Buffer | null>({
      ...clientOptions(connection),
      ...{ idempotent: true, retries: 20, retryDelay: 100 },
    }),
  );
  const begun = performance.now();
  try {
    while (!stop.aborted) {
      const due = Math.floor(((performance.now() - begun) / 1000) * rate);
      const now = Date.now();
      const messages = [];
      for (let sequence = produced.length; sequence < due; sequence++) {
        messages.push({ topic, ...toMessage(sequence, now) });
        produced.push(now);
      }
      if (messages.length > 0) await producer.send({ messages });
      await sleep(REQUEST_MS);
    }
  } finally {
    await producer.close(true).catch(() => undefined);
  }
}

function toMessage(sequence: number, now: number) {
  const { headers, key, partition, value } = orderRecord(sequence, valueBytes[SIZE], now);
  return {
    ...{ partition, key, value, timestamp: BigInt(now) },
    headers: new Map(headers.map((header) => [Buffer.from(header.name), header.value] as const)),
  };
}

/**
 * Percentiles of the delays of the measured records.
 *
 * @param times when each record was produced, by sequence number, in epoch milliseconds
 * @param storedAt when each stored record was stored, likewise
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
