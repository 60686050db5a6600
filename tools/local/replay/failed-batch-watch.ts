import { deadLetterAttributes } from '../../../lambda/contract.ts';
import type { PeekedMessage } from '../sqs-server/queue.ts';
import type { DoneMessage } from './queue-mapping.ts';
import { keysOfEvent } from './s3-event.ts';

/** Where the failed batches of a run stand. */
export interface FailedBatchCounts {
  readonly all: number;
  /** Neither replayed nor dead: they come back by themselves. */
  readonly waiting: number;
  readonly replayed: number;
  /** In the dead-letter queue. */
  readonly dead: number;
}

/** A message that the replay has given up, and why. */
export interface DeadLetter {
  readonly id: string;
  /** Of its failed batch; empty where it names none. */
  readonly key: string;
  /** An `ArchiverError`'s; empty where the queue itself gave it up, after one receipt too many. */
  readonly code: string;
  readonly reason: string;
}

/** How a failed batch was replayed. */
export interface Replayed {
  /** Since it was kept, or was first known of. */
  readonly milliseconds: number;
  /** Of the message that did it. */
  readonly tries: number;
}

/** What happened to a failed batch. */
export type FailedBatchEvent =
  | { readonly type: 'kept'; readonly key: string }
  | (Replayed & { readonly type: 'replayed'; readonly key: string })
  | (DeadLetter & { readonly type: 'dead' });

/** What a watch looks at. */
export interface FailedBatchWatchDeps {
  /** Whether an entry is marked as replayed. */
  readonly isReplayed: (key: string) => Promise<boolean>;
  readonly deadLetters: () => readonly PeekedMessage[];
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly observe: (event: FailedBatchEvent) => void;
}

/**
 * Knows where each failed batch stands. That one was replayed is believed to its mark alone, which is
 * looked for when the replay function is done with a message; that one is dead, to the dead-letter queue.
 */
export class FailedBatchWatch {
  readonly #deps: FailedBatchWatchDeps;
  /** Milliseconds at which each was kept, by its key. */
  readonly #kept = new Map<string, number>();
  /** Those that the function is done with, and whose mark was not looked for yet. */
  readonly #done = new Map<string, Replayed>();
  readonly #replayed = new Map<string, Replayed>();
  #letters: readonly DeadLetter[] = [];
  #looking: Promise<void> | undefined;

  constructor(deps: FailedBatchWatchDeps) {
    this.#deps = deps;
  }

  /** Takes in that a failed batch is in the bucket. */
  kept(key: string): void {
    if (this.#kept.has(key)) return;
    this.#kept.set(key, this.#deps.now());
    this.#deps.observe({ type: 'kept', key });
  }

  /** Takes in messages that the replay function is done with, one way or the other. */
  done(messages: readonly DoneMessage[]): void {
    const now = this.#deps.now();
    for (const { body, tries } of messages) {
      for (const key of keysOfEvent(body)) {
        const keptAt = this.#kept.get(key);
        if (keptAt === undefined || this.#replayed.has(key)) continue;
        this.#done.set(key, { milliseconds: now - keptAt, tries });
      }
    }
  }

  /** Finds out what has become of those. What cannot be looked at now is next time. */
  refresh(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  counts(): FailedBatchCounts {
    const dead = this.#dead().size;
    const { size: all } = this.#kept;
    const { size: replayed } = this.#replayed;
    return { all, waiting: all - replayed - dead, replayed, dead };
  }

  /** Milliseconds of the one that took longest to be replayed; 0 where none was. */
  slowest(): number {
    const times = [...this.#replayed.values()].map(({ milliseconds }) => milliseconds);
    return times.reduce((slowest, each) => Math.max(slowest, each), 0);
  }

  /** What is in the dead-letter queue. */
  deadLetters(): readonly DeadLetter[] {
    return this.#letters;
  }

  /** Keys of those that are neither replayed nor dead. */
  waiting(): readonly string[] {
    const dead = this.#dead();
    return [...this.#kept.keys()].filter((key) => !this.#replayed.has(key) && !dead.has(key));
  }

  async #look(): Promise<void> {
    const { deadLetters, observe } = this.#deps;
    for (const [key, replayed] of [...this.#done]) await this.#lookAt(key, replayed);
    const known = new Set(this.#letters.map(({ id }) => id));
    this.#letters = deadLetters().map(toDeadLetter);
    for (const letter of this.#letters) {
      if (!known.has(letter.id)) observe({ type: 'dead', ...letter });
    }
  }

  async #lookAt(key: string, replayed: Replayed): Promise<void> {
    let isReplayed: boolean;
    try {
      isReplayed = await this.#deps.isReplayed(key);
    } catch {
      return;
    }
    this.#done.delete(key);
    if (!isReplayed) return;
    this.#replayed.set(key, replayed);
    this.#deps.observe({ type: 'replayed', key, ...replayed });
  }

  /** A batch that was replayed is not dead, whatever became of another message of it. */
  #dead(): ReadonlySet<string> {
    const keys = this.#letters.map(({ key }) => key);
    return new Set(keys.filter((key) => this.#kept.has(key) && !this.#replayed.has(key)));
  }
}

/** The counts as a line has them. */
export function describeCounts({ all, dead, replayed, waiting }: FailedBatchCounts): string {
  const where = [
    `waiting ${waiting}`,
    `replayed ${replayed}`,
    ...(dead > 0 ? [`dead ${dead}`] : []),
  ];
  return `failed batches ${all}${all > 0 ? ` (${where.join(', ')})` : ''}`;
}

function toDeadLetter({ attributes, body, id }: PeekedMessage): DeadLetter {
  const textOf = (name: string) => attributes[name]?.StringValue ?? '';
  return {
    id,
    key: keysOfEvent(body)[0] ?? '',
    code: textOf(deadLetterAttributes.code),
    reason: textOf(deadLetterAttributes.reason),
  };
}
