import { setTimeout as sleep } from 'node:timers/promises';
import { Consumer, FetchIsolationLevels, ListOffsetTimestamps } from '@platformatic/kafka';
import { toError } from '../../../kafka/client-errors.ts';
import { clientOptions, keepAlive } from '../../../kafka/connection.ts';
import {
  type FetchAnswer,
  fetchedRecords,
  type PartitionAnswer,
} from '../../../kafka/fetched-records.ts';
import type { Offsets } from '../../../kafka/record.ts';
import { Change } from '../mapping/change.ts';
import type { RecordBuffer } from '../mapping/take-in-turn.ts';
import type { KafkaTopicOptions, StartingPosition } from './topic-options.ts';

/** The position of a partition, and the records that were fetched but not read yet. */
export interface Cursor {
  readonly partition: number;
  /** The next offset to fetch. */
  position: number;
  readonly fetched: RecordBuffer;
  /** Why it cannot continue. */
  failure?: Error;
}

/** https://kafka.apache.org/protocol#protocol_error_codes */
const OFFSET_OUT_OF_RANGE = 1;

/** Compressed bytes of a response, per partition and in total. One batch may exceed both. */
const MAX_BYTES_OF_PARTITION = 1024 * 1024;
const MAX_BYTES = 6 * 1024 * 1024;
/** Milliseconds that a broker waits for records. */
const MAX_WAIT_MS = 200;
/** Milliseconds before a failed fetch is retried. */
const RETRY_DELAY_MS = 200;

/**
 * Fetches records of only those partitions that a reader waits for: a partition whose batch is being
 * invoked is paused. Memory holds one response of each broker, however long the log.
 */
export class PartitionFetcher {
  /** Happens after a fetch or its failure. */
  readonly change = new Change();
  readonly #options: KafkaTopicOptions;
  readonly #consumer: Consumer;
  readonly #isolationLevel: 0 | 1;
  #wanted = new Set<Cursor>();
  /** Brokers with a running fetch. */
  readonly #busy = new Set<number>();
  /** Happens when more partitions are wanted, or a broker is idle again. */
  readonly #work = new Change();
  readonly #closing = new AbortController();

  constructor(options: KafkaTopicOptions) {
    this.#options = options;
    const { READ_COMMITTED, READ_UNCOMMITTED } = FetchIsolationLevels;
    this.#isolationLevel = (options.readCommitted ?? true) ? READ_COMMITTED : READ_UNCOMMITTED;
    this.#consumer = keepAlive(
      new Consumer({
        ...clientOptions(options.connection),
        groupId: options.groupId,
      }),
    );
    this.#consumer.topics.track(options.topic);
    void this.#run();
  }

  /** Starts fetching these partitions; others are not affected. */
  resume(cursors: readonly Cursor[]): void {
    for (const cursor of cursors) this.#wanted.add(cursor);
    this.#work.happened();
  }

  /** Stops fetching these partitions; running fetches still arrive. */
  pause(cursors: readonly Cursor[]): void {
    for (const cursor of cursors) this.#wanted.delete(cursor);
  }

  /** The offsets of a position in these partitions; the end of the log for a later time. */
  async offsetsAt(position: StartingPosition, partitions: readonly number[]): Promise<Offsets> {
    const { EARLIEST, LATEST } = ListOffsetTimestamps;
    if (partitions.length === 0) return new Map();
    if (position === 'earliest') return this.#listOffsets(EARLIEST, partitions);
    const ends = await this.#listOffsets(LATEST, partitions);
    if (position === 'latest') return ends;
    const found = await this.#listOffsets(BigInt(position.timestamp), partitions);
    return new Map([...ends, ...[...found].filter(([, offset]) => offset >= 0)]);
  }

  /** Stops all fetches. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#consumer.close(true).catch(() => undefined);
  }

  async #listOffsets(timestamp: bigint, partitions: readonly number[]): Promise<Offsets> {
    const { topic } = this.#options;
    const listed = await this.#consumer.listOffsets({
      topics: [topic],
      partitions: { [topic]: [...partitions] },
      timestamp,
    });
    const offsets = listed.get(topic) ?? [];
    return new Map(partitions.map((each) => [each, Number(offsets[each] ?? -1n)]));
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const work = this.#work.next(signal);
      if (this.#wanted.size > 0) {
        await this.#startFetches().catch((error) => this.#recover('finding the leaders', error));
      }
      await work;
    }
  }

  async #startFetches(): Promise<void> {
    const { topic } = this.#options;
    const metadata = await this.#consumer.metadata({ topics: [topic] });
    const { id, partitions } = metadata.topics.get(topic) ?? { id: '', partitions: [] };
    const leaders = Map.groupBy(this.#wanted, ({ partition }) => partitions[partition]?.leader);
    for (const [node = -1, cursors] of leaders) {
      if (this.#busy.has(node)) continue;
      this.#busy.add(node);
      void this.#fetch(node, id, cursors)
        .catch((error) => this.#recover('fetching records', error))
        .then(() => {
          this.#busy.delete(node);
          this.#work.happened();
        });
    }
  }

  async #fetch(node: number, topicId: string, cursors: readonly Cursor[]): Promise<void> {
    const asked = new Map(cursors.map((cursor) => [cursor.partition, cursor.position]));
    const partitions = cursors.map(({ partition, position }) => ({
      partition,
      fetchOffset: BigInt(position),
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
      partitionMaxBytes: MAX_BYTES_OF_PARTITION,
    }));
    let answer: FetchAnswer;
    let failure: unknown;
    try {
      answer = await this.#consumer.fetch({
        node,
        topics: [{ topicId, partitions }],
        maxBytes: MAX_BYTES,
        maxWaitTime: MAX_WAIT_MS,
        minBytes: 1,
        isolationLevel: this.#isolationLevel,
      });
    } catch (error) {
      // The client throws the error of one partition for all of them.
      const { response } = error as { response?: FetchAnswer };
      if (response === undefined) throw error;
      answer = response;
      failure = error;
    }
    const states = new Map(cursors.map((cursor) => [cursor.partition, cursor]));
    for (const each of answer.responses.flatMap((topic) => topic.partitions)) {
      const cursor = states.get(each.partitionIndex);
      // A partition may have advanced since: then its records were fetched before.
      if (cursor === undefined || cursor.position !== asked.get(cursor.partition)) continue;
      if (each.errorCode === OFFSET_OUT_OF_RANGE) await this.#outOfRange(cursor);
      else if (each.errorCode === 0) take(cursor, each);
    }
    this.change.happened();
    if (failure && !isOutOfRangeOnly(answer)) throw failure;
  }

  async #outOfRange(cursor: Cursor): Promise<void> {
    const { observe, outOfRange = 'earliest' } = this.#options;
    const { partition, position: from } = cursor;
    const earliest = (await this.offsetsAt('earliest', [partition])).get(partition) ?? 0;
    const lost = Math.max(0, earliest - from);
    // Another leader may have responded meanwhile.
    if (cursor.position !== from) return;
    if (outOfRange === 'stop') {
      const message = `partition ${partition} no longer has offset ${from}: its log begins at ${earliest}`;
      cursor.failure = new RangeError(message);
      this.#wanted.delete(cursor);
      observe({ type: 'out of range', partition, from, to: undefined, lost });
      return;
    }
    const to = (await this.offsetsAt(outOfRange, [partition])).get(partition) ?? earliest;
    if (cursor.position !== from) return;
    cursor.position = to;
    observe({ type: 'out of range', partition, from, to, lost: Math.max(lost, to - from) });
  }

  async #recover(doing: string, error: unknown): Promise<void> {
    const { signal } = this.#closing;
    if (signal.aborted) return;
    this.#consumer.clearMetadata();
    this.#options.observe({ type: 'error', doing, error: toError(error) });
    await sleep(RETRY_DELAY_MS, undefined, { signal }).catch(() => undefined);
    this.#work.happened();
  }
}

function take(cursor: Cursor, answer: PartitionAnswer): void {
  const { records, next } = fetchedRecords(answer, cursor.position);
  cursor.fetched.push(records);
  cursor.position = next;
}

function isOutOfRangeOnly({ errorCode, responses }: FetchAnswer): boolean {
  const expected = [0, OFFSET_OUT_OF_RANGE];
  return (
    errorCode === 0 &&
    responses.every(({ partitions }) =>
      partitions.every((each) => expected.includes(each.errorCode)),
    )
  );
}
