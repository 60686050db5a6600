import type { Change } from './change.ts';
import type { Poller, TopicReader } from './source.ts';

/** The topic of a {@link MemoryGroup}. */
export interface GroupTopic {
  readonly partitionCount: number;
  /** Whether the topic has ended and everything is committed. */
  readonly isDone: boolean;
  /** Any change of the topic or its group. */
  readonly change: Change;
  reader(partitions: readonly number[], owns: (partition: number) => boolean): TopicReader;
}

interface Member {
  partitions: readonly number[];
}

/**
 * The consumer group of a topic in memory: distributes the partitions among its members, again
 * whenever one joins or leaves. A member can neither read nor commit a partition that it has lost.
 */
export class MemoryGroup {
  readonly #topic: GroupTopic;
  #members: readonly Member[] = [];
  /** Number of times that each partition has changed its owner. */
  readonly #terms: number[];

  constructor(topic: GroupTopic) {
    this.#topic = topic;
    this.#terms = Array.from({ length: topic.partitionCount }, () => 0);
  }

  /** Adds a member, which takes over partitions of the others. */
  join(): Poller {
    const member: Member = { partitions: [] };
    this.#rebalance([...this.#members, member]);
    return {
      assignments: (signal) => this.#assignments(member, signal),
      reader: (partitions) => {
        const terms = new Map(partitions.map((partition) => [partition, this.#terms[partition]]));
        const owns = (partition: number) => this.#terms[partition] === terms.get(partition);
        return this.#topic.reader(partitions, owns);
      },
      leave: async () => this.#rebalance(this.#members.filter((each) => each !== member)),
    };
  }

  async *#assignments(member: Member, signal: AbortSignal): AsyncGenerator<readonly number[]> {
    let last: readonly number[] | undefined;
    while (!signal.aborted && !this.#topic.isDone) {
      if (last === member.partitions) await this.#topic.change.next(signal);
      else {
        last = member.partitions;
        yield last;
      }
    }
  }

  #rebalance(members: readonly Member[]): void {
    const ownerOf = (all: readonly Member[], partition: number) =>
      all.find(({ partitions }) => partitions.includes(partition));
    const owners = this.#terms.map((_, partition) => ownerOf(this.#members, partition));
    this.#members = members;
    for (const [index, member] of members.entries()) {
      const share = [...this.#terms.keys()].filter((each) => each % members.length === index);
      if (share.join() !== member.partitions.join()) member.partitions = share;
    }
    for (const [partition, owner] of owners.entries()) {
      const term = this.#terms[partition] ?? 0;
      if (ownerOf(members, partition) !== owner) this.#terms[partition] = term + 1;
    }
    this.#topic.change.happened();
  }
}
