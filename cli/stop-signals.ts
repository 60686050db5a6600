/** Milliseconds in which a second signal is the first one, passed on by npm. */
const SAME_SIGNAL_MS = 500;

/** That a command is to stop. */
export interface StopSignals {
  /** Aborts at the first Ctrl-C, or SIGTERM. */
  readonly signal: AbortSignal;
  /** What the process then ends with; undefined as long as nothing stops it. */
  readonly exitCode: number | undefined;
}

/**
 * Has Ctrl-C and SIGTERM stop a command with care; a second one ends the process at once, by exit, which
 * also ends the processes that it started.
 */
export function listenForStop(): StopSignals {
  const stop = new AbortController();
  let stoppedAt = 0;
  let code: number | undefined;
  for (const [name, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(name, () => {
      if (!stop.signal.aborted) stoppedAt = Date.now();
      else if (Date.now() - stoppedAt > SAME_SIGNAL_MS) process.exit(exitCode);
      code = exitCode;
      stop.abort();
    });
  }
  return {
    signal: stop.signal,
    get exitCode() {
      return code;
    },
  };
}
