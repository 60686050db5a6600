import { failed } from './errors.ts';

/** What {@link poll} works with. */
export interface PollParts {
  /** Ends it, by the signal's reason. */
  readonly signal: AbortSignal;
  /** Resolves after so many milliseconds, or when the signal aborts. */
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly progress: (line: string) => void;
}

/** Milliseconds between looks at what is waited for. */
const POLL_MS = 2_000;
/** Looks before it is given up: ten minutes. ASSUMED: a mapping changes its state in less; not documented. */
const MAX_POLLS = 300;

/**
 * Looks again and again, until all is as it is to be.
 *
 * @param look says what is not
 * @throws {ArchiverError} `LOAD_FAILED` after ten minutes
 */
export async function poll(
  { pause, progress, signal }: PollParts,
  look: () => Promise<string | undefined>,
): Promise<void> {
  for (let polls = 1; ; polls += 1) {
    signal.throwIfAborted();
    const missing = await look();
    if (missing === undefined) return;
    if (polls === MAX_POLLS) throw failed(`${missing}, after ten minutes`);
    progress(`waiting: ${missing}`);
    await pause(POLL_MS, signal);
  }
}
