import type { Clock } from '../core/ports.ts';

/** The clock of the machine. */
export const systemClock: Clock = {
  now: Date.now,
  timeout: (milliseconds) => AbortSignal.timeout(milliseconds),
};
