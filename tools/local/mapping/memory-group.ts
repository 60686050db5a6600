import type { MemoryTopic } from './memory-topic.ts';
import type { Poller } from './source.ts';

interface Member {
  partitions: readonly number[];
}

/**
 * The consumer group of a {@link MemoryTopic}: deals the partitions out to its members, anew whenever
 * one joins or leaves. Who has lost a partition can neither read nor commit it any more.
 */
export class MemoryGroup {
  readonly #topic: MemoryTopic;
  #members: readonly Member[] = [];
  /** How often each partition has changed hands. */
  readonly #terms: number[];

  constructor(topic: MemoryTopic) {
    this.#topic = topic;
    this.#terms = Array.from({ length: topic.partitionCount }, () => 0);
  }

  /** Takes one more member, and partitions from the others for it. */
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
    let told: readonly number[] | undefined;
    while (!signal.aborted && !this.#topic.isDone) {
      if (told === member.partitions) await this.#topic.change.next(signal);
      else {
        told = member.partitions;
        yield told;
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
