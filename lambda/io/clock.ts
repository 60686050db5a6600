import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../core/ports.ts';

/** The system clock. */
export const systemClock: Clock = {
  now: Date.now,
  timeout: (milliseconds) => AbortSignal.timeout(milliseconds),
};

/** Waits for the given number of milliseconds, or until the signal aborts. */
export async function systemPause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
