import { deadLetterAttributes } from '../../../lambda/contract.ts';
import type { PeekedMessage } from '../sqs-server/queue.ts';
import type { DoneMessage } from './queue-mapping.ts';
import { keysOfEvent } from './s3-event.ts';

/** Number of failed batches of a run, by state. */
export interface FailedBatchCounts {
  readonly all: number;
  /** Neither replayed nor dead: they are redelivered automatically. */
  readonly waiting: number;
  readonly replayed: number;
  /** In the dead-letter queue. */
  readonly dead: number;
}

/** A message that the replay has given up, and the reason. */
export interface DeadLetter {
  readonly id: string;
  /** Key of its failed batch; empty if the message names none. */
  readonly key: string;
  /** Code of an `ArchiverError`; empty if the queue gave the message up after too many receives. */
  readonly code: string;
  readonly reason: string;
}

/** The replay of a failed batch. */
export interface Replayed {
  /** Time since the failed batch was stored, or first seen. */
  readonly milliseconds: number;
  /** Number of receives of the message. */
  readonly tries: number;
}

/** A change of a failed batch. */
export type FailedBatchEvent =
  | { readonly type: 'kept'; readonly key: string }
  | (Replayed & { readonly type: 'replayed'; readonly key: string })
  | (DeadLetter & { readonly type: 'dead' });

/** Dependencies of a watch. */
export interface FailedBatchWatchDeps {
  /** Whether an entry is marked as replayed. */
  readonly isReplayed: (key: string) => Promise<boolean>;
  readonly deadLetters: () => readonly PeekedMessage[];
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly observe: (event: FailedBatchEvent) => void;
}

/**
 * Tracks the state of each failed batch. A batch counts as replayed only if it is marked, which is
 * checked once the replay function has finished a message; it counts as dead if it is in the dead-letter
 * queue.
 */
export class FailedBatchWatch {
  readonly #deps: FailedBatchWatchDeps;
  /** Epoch milliseconds at which each was stored, by key. */
  readonly #kept = new Map<string, number>();
  /** Finished by the function, but not checked for the mark yet. */
  readonly #done = new Map<string, Replayed>();
  readonly #replayed = new Map<string, Replayed>();
  #letters: readonly DeadLetter[] = [];
  #looking: Promise<void> | undefined;

  constructor(deps: FailedBatchWatchDeps) {
    this.#deps = deps;
  }

  /** Reports that a failed batch was stored in the bucket. */
  kept(key: string): void {
    if (this.#kept.has(key)) return;
    this.#kept.set(key, this.#deps.now());
    this.#deps.observe({ type: 'kept', key });
  }

  /** Reports messages that the replay function has finished, successfully or not. */
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

  /** Updates the states. The next update retries whatever could not be read. */
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

  /** Milliseconds of the slowest replay; 0 if there was none. */
  slowest(): number {
    const times = [...this.#replayed.values()].map(({ milliseconds }) => milliseconds);
    return times.reduce((slowest, each) => Math.max(slowest, each), 0);
  }

  /** The messages in the dead-letter queue. */
  deadLetters(): readonly DeadLetter[] {
    return this.#letters;
  }

  /** Keys of the failed batches that are neither replayed nor dead. */
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

  /** A batch that was replayed is not dead, even if another message about it is. */
  #dead(): ReadonlySet<string> {
    const keys = this.#letters.map(({ key }) => key);
    return new Set(keys.filter((key) => this.#kept.has(key) && !this.#replayed.has(key)));
  }
}

/** Formats the counts for a line of text. */
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
