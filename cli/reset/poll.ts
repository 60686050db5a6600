import { failed } from '../mapping/errors.ts';

/** What {@link poll} works with. */
export interface PollParts {
  /** Ends the polling with the signal's reason. */
  readonly signal: AbortSignal;
  /** Resolves after that many milliseconds, or earlier if the signal aborts. */
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly progress: (line: string) => void;
}

/** Milliseconds between polls. */
const POLL_MS = 2_000;
/** Polls before giving up, after ten minutes. ASSUMED: a mapping changes its state sooner; not documented. */
const MAX_POLLS = 300;

/**
 * Polls until nothing is missing.
 *
 * @param look returns what is still missing; undefined ends the polling
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
    if (polls === MAX_POLLS) throw failed(`${missing}, even after ten minutes`);
    progress(`waiting: ${missing}`);
    await pause(POLL_MS, signal);
  }
}
