import type { KeyRun } from '../../../lambda/core/object/parse-object-key.ts';

/** An object to read, and what its key says of it. */
export interface Source {
  readonly key: string;
  readonly runs: readonly KeyRun[];
}

/**
 * The order in which the objects of an hour are read once each, from their keys alone: an object is read when it is next
 * for all its partitions. Only batches that overlap can leave no such object; then the next one of some partition is
 * read, and lines wait.
 */
export class ReadingOrder {
  /** The objects of each partition that are not read yet, the next one last. */
  readonly #unread = new Map<number, Source[]>();
  readonly #read = new Set<Source>();

  constructor(sources: readonly Source[]) {
    for (const source of sources) {
      for (const { partition } of source.runs) {
        const queue = this.#unread.get(partition);
        if (queue === undefined) this.#unread.set(partition, [source]);
        else queue.push(source);
      }
    }
    for (const [partition, queue] of this.#unread) {
      queue.sort(
        (a, b) => firstOf(b, partition) - firstOf(a, partition) || (a.key < b.key ? 1 : -1),
      );
    }
  }

  /** Returns the object to read now; undefined if all are read. */
  next(): Source | undefined {
    const heads = [...this.#unread.keys()].flatMap((partition) => this.#head(partition) ?? []);
    const isNext = (source: Source) =>
      source.runs.every(({ partition }) => this.#head(partition) === source);
    const source = heads.find(isNext) ?? heads[0];
    if (source !== undefined) this.#read.add(source);
    return source;
  }

  /** Returns an offset that no line of the partition in the objects still to be read is below. */
  frontier(partition: number): number {
    const head = this.#head(partition);
    return head === undefined ? Number.POSITIVE_INFINITY : firstOf(head, partition);
  }

  #head(partition: number): Source | undefined {
    const queue = this.#unread.get(partition) ?? [];
    while (queue.length > 0 && this.#read.has(queue.at(-1) as Source)) queue.pop();
    return queue.at(-1);
  }
}

function firstOf({ runs }: Source, partition: number): number {
  return runs.find((run) => run.partition === partition)?.first ?? Number.POSITIVE_INFINITY;
}
