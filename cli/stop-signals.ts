/** A second signal within this many milliseconds is the first one again, forwarded by npm. */
const SAME_SIGNAL_MS = 500;

/** Tells a command to stop. */
export interface StopSignals {
  /** Aborts at the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** The exit code of the signal; undefined until there is one. */
  readonly exitCode: number | undefined;
}

/**
 * Lets a command stop in an orderly way at Ctrl-C and SIGTERM. A second signal ends the process at once, by
 * `process.exit`, which also ends its child processes.
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
