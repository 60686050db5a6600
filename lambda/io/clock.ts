import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../core/ports.ts';

/** The clock of the machine. */
export const systemClock: Clock = {
  now: Date.now,
  timeout: (milliseconds) => AbortSignal.timeout(milliseconds),
};

/** Waits so many milliseconds, or until the signal aborts. */
export async function systemPause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
