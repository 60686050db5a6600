import { setTimeout as sleep } from 'node:timers/promises';

/** A clock, passed as an argument so that tests can control time. */
export interface EmulatorClock {
  /** Epoch milliseconds. */
  now(): number;
  /** Waits for a time, or until the signal aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** The clock of this machine. */
export const systemClock: EmulatorClock = {
  now: Date.now,
  sleep: (milliseconds, signal) =>
    sleep(milliseconds, undefined, { signal }).catch(() => undefined),
};
