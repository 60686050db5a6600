import { setTimeout as sleep } from 'node:timers/promises';
import { Consumer } from '@platformatic/kafka';
import { isRefusal, toError } from '../../../kafka/client-errors.ts';
import { clientOptions, keepAlive } from '../../../kafka/connection.ts';
import type { Offsets } from '../../../kafka/record.ts';
import { Change } from '../mapping/change.ts';
import { stickyAssigner } from './sticky-assigner.ts';
import type { KafkaTopicOptions } from './topic-options.ts';

/** A member's ownership of a partition; a new object each time the partition is assigned. */
export type Tenure = object;

const SESSION_TIMEOUT_MS = 45_000;
/** Number of heartbeats per session timeout. */
const HEARTBEATS = 5;
/** Milliseconds that the broker waits for members to rejoin in a rebalance. */
const REBALANCE_TIMEOUT_MS = 60_000;
/** Milliseconds between attempts to join. */
const JOIN_DELAY_MS = 250;
/** Milliseconds after which the first join is given up. */
const JOIN_PATIENCE_MS = 60_000;

/**
 * A member of a topic's consumer group: it stays in the group, whatever happens to the brokers, and
 * knows its partitions. Heartbeats have their own connection and timer, so that processing records
 * cannot delay them.
 */
export class GroupMember {
  /** Happens with each assignment. */
  readonly change = new Change();
  readonly #options: KafkaTopicOptions;
  readonly #consumer: Consumer;
  #memberId: string | null = null;
  #tenures: ReadonlyMap<number, Tenure> = new Map();
  #partitions: readonly number[] = [];
  #isJoining = false;
  #isClosed = false;

  constructor(options: KafkaTopicOptions) {
    const { connection, groupId, sessionTimeoutMs = SESSION_TIMEOUT_MS } = options;
    this.#options = options;
    this.#consumer = keepAlive(
      new Consumer({
        ...clientOptions(connection),
        groupId,
        sessionTimeout: sessionTimeoutMs,
        heartbeatInterval: Math.ceil(sessionTimeoutMs / HEARTBEATS),
        rebalanceTimeout: Math.max(sessionTimeoutMs, REBALANCE_TIMEOUT_MS),
        // A rebalance does not disturb partitions that stay with their member.
        protocols: [{ name: 'cooperative-sticky', version: 3 }],
        partitionAssigner: stickyAssigner,
      }),
    );
    this.#consumer.topics.track(options.topic);
    this.#consumer.on('consumer:group:join', ({ memberId, assignments }) => {
      if (this.#isClosed) return;
      const own = assignments?.find(({ topic }) => topic === options.topic);
      this.#assigned(memberId, own?.partitions ?? []);
    });
    // The client has given up rejoining after a rebalance.
    this.#consumer.on('error', () => void this.#rejoin());
  }

  /** The assigned partitions, in order; a new list after each change. */
  get partitions(): readonly number[] {
    return this.#partitions;
  }

  /** The current tenure of a partition; undefined if the member does not own it. */
  tenure(partition: number): Tenure | undefined {
    return this.#tenures.get(partition);
  }

  /**
   * Resolves when the member has joined the group.
   *
   * @throws if the cluster cannot be reached for a minute, or refuses the client
   */
  async join(): Promise<void> {
    const patience = AbortSignal.timeout(JOIN_PATIENCE_MS);
    for (;;) {
      try {
        await this.#consumer.joinGroup({});
        return;
      } catch (error) {
        if (patience.aborted || isRefusal(error)) {
          await this.#consumer.close(true).catch(() => undefined);
          throw error;
        }
        await sleep(JOIN_DELAY_MS);
      }
    }
  }

  /** The group's committed offsets of these partitions, without those that have none. */
  async committed(partitions: readonly number[]): Promise<Offsets> {
    const { topic } = this.#options;
    const topics = [{ topic, partitions: [...partitions] }];
    const listed = (await this.#consumer.listCommittedOffsets({ topics })).get(topic) ?? [];
    const offsets = partitions.map((each) => [each, Number(listed[each] ?? -1n)] as const);
    return new Map(offsets.filter(([, offset]) => offset >= 0));
  }

  /**
   * Commits offsets of the member's partitions.
   *
   * @throws if the broker refuses, or its response is lost
   */
  async commit(offsets: Offsets): Promise<void> {
    const { topic } = this.#options;
    await this.#consumer.commit({
      offsets: [...offsets].map(([partition, offset]) => ({
        topic,
        partition,
        offset: BigInt(offset),
        leaderEpoch: -1,
      })),
    });
  }

  /** Leaves the group, if the broker can be reached. */
  async leave(): Promise<void> {
    this.#isClosed = true;
    this.#assigned(null, []);
    try {
      // Before closing: a pending response would make the client continue its heartbeats.
      await this.#consumer.leaveGroup(true);
    } catch (error) {
      this.#report('leaving the group', error);
    }
    await this.#consumer.close(true).catch((error) => this.#report('leaving the group', error));
  }

  #assigned(memberId: string | null, partitions: readonly number[]): void {
    // With a new id, others may have owned the partitions meanwhile.
    const before = memberId === this.#memberId ? this.#tenures : new Map<number, Tenure>();
    this.#memberId = memberId;
    this.#tenures = new Map(partitions.map((each) => [each, before.get(each) ?? {}]));
    this.#partitions = [...partitions].sort((a, b) => a - b);
    this.#options.observe({ type: 'assigned', partitions: this.#partitions });
    this.change.happened();
  }

  async #rejoin(): Promise<void> {
    if (this.#isJoining) return;
    this.#isJoining = true;
    while (!this.#isClosed) {
      try {
        await this.#consumer.joinGroup({});
        break;
      } catch (error) {
        this.#report('joining the group', error);
        await sleep(JOIN_DELAY_MS);
      }
    }
    this.#isJoining = false;
  }

  #report(doing: string, error: unknown): void {
    this.#options.observe({ type: 'error', doing, error: toError(error) });
  }
}
