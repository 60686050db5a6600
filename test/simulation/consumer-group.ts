import type { BatchRecord } from '../../lambda/core/record/mapping-event.ts';
import type { Attempt } from '../../tools/local/mapping/retry-policy.ts';
import type { Invocation } from './lambda-service.ts';
import { offsetOf, runsOf, type TopicLog } from './topic.ts';

/** What a poller believes to own since it last joined, and where it has read to. */
export interface Assignment {
  readonly log: TopicLog;
  /** The next offset to read, by partition. */
  readonly positions: Map<number, number>;
}

/** A batch that a poller has cut and not finished. */
export interface Delivery {
  readonly assignment: Assignment;
  readonly batch: readonly BatchRecord[];
  /** What is still to be sent, in this order; the first is in the function. */
  queue: readonly Attempt[];
  /** All that was sent of it, in this order. */
  readonly sent: Attempt[];
  /** Whether it was bisected, so that it makes other objects than the batch does. */
  isBisected: boolean;
  invocation: Invocation;
  /** What it has committed. */
  committed: ReadonlyMap<number, number>;
}

/** A member of the consumer group. */
export interface Poller {
  readonly name: string;
  /** The group's when it last joined. */
  generation: number;
  /** None before it first joins, and after it crashed or learnt that it was expelled. */
  assignment: Assignment | undefined;
  deliveries: Delivery[];
}

/** A group coordinator, which checks a commit's generation as Kafka does, and nothing else about it. */
export class ConsumerGroup {
  generation = 0;
  log: TopicLog;
  /** The offset that the group goes on from, by partition. */
  committed: number[];
  /** The furthest that ever was committed, by partition. */
  acknowledged: number[];
  /** Who the group thinks owns each partition. */
  owners: (Poller | undefined)[] = [];

  constructor(log: TopicLog) {
    this.log = log;
    this.committed = log.partitions.map(() => 0);
    this.acknowledged = [...this.committed];
  }

  /** Deals the partitions out to some pollers; others know nothing of it, until they commit. */
  rebalance(members: readonly Poller[], ownerOf: (partition: number) => Poller | undefined): void {
    this.generation += 1;
    this.owners = this.committed.map((_, partition) => ownerOf(partition));
    for (const poller of members) {
      poller.generation = this.generation;
      const owned = this.committed.flatMap((offset, partition): [number, number][] =>
        this.owners[partition] === poller ? [[partition, offset]] : [],
      );
      poller.assignment = { log: this.log, positions: new Map(owned) };
    }
  }

  /** The topic is deleted and created again: no member remains, and offsets begin anew. */
  recreate(log: TopicLog): void {
    this.log = log;
    this.committed = log.partitions.map(() => 0);
    this.acknowledged = [...this.committed];
    this.rebalance([], () => undefined);
  }

  /**
   * Commits for a poller; false where its generation has passed. Offsets of a topic that has been
   * deleted since are refused too, as they are where a commit carries the topic's id.
   */
  commit(poller: Poller, { log }: Assignment, offsets: ReadonlyMap<number, number>): boolean {
    if (poller.generation !== this.generation || log !== this.log) return false;
    for (const [partition, offset] of offsets) {
      this.committed[partition] = offset;
      this.acknowledged[partition] = Math.max(this.acknowledged[partition] ?? 0, offset);
    }
    return true;
  }
}

/** Takes up to so many records of each partition that the poller may read on; none are taken twice. */
export function cutBatch(
  { assignment, deliveries }: Poller,
  take: (partition: number) => number,
): readonly BatchRecord[] {
  if (!assignment) return [];
  const { log, positions } = assignment;
  // A partition goes on when its batch is through; one that the poller was given anew does not wait.
  const busy = new Set(
    deliveries
      .filter((delivery) => delivery.assignment === assignment)
      .flatMap(remaining)
      .map(({ record }) => record.partition),
  );
  return [...positions].flatMap(([partition, position]) => {
    if (busy.has(partition)) return [];
    const next = (log.partitions[partition] ?? []).filter((record) => offsetOf(record) >= position);
    const taken = next.slice(0, take(partition));
    const last = taken.at(-1);
    if (last) positions.set(partition, offsetOf(last) + 1);
    return taken;
  });
}

/** The records of a delivery that are not done. */
export function remaining({ queue }: Delivery): readonly BatchRecord[] {
  return queue.flatMap(({ records }) => records);
}

/** What a delivery may commit now, by partition: the offset before which all of its records are done. */
export function progressOf(delivery: Delivery): Map<number, number> {
  const left = new Set(remaining(delivery));
  const progress = new Map<number, number>();
  for (const [partition, run] of runsOf(delivery.batch)) {
    const undone = run.findIndex((record) => left.has(record));
    const lastDone = undone === -1 ? run.at(-1) : run[undone - 1];
    const offset = lastDone && offsetOf(lastDone) + 1;
    if (offset !== undefined && offset !== delivery.committed.get(partition)) {
      progress.set(partition, offset);
    }
  }
  return progress;
}
