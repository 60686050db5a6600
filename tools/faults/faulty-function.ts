import { setTimeout as sleep } from 'node:timers/promises';
import type { EmulatedFunction } from '../local/lambda/function.ts';
import type { InvokeOutcome } from '../local/mapping/retry-policy.ts';
import type { Kind } from './cell.ts';
import type { Random } from './random.ts';
import type { Strikes } from './strikes.ts';

const SLOW_MS = 150;
/** The longest time in milliseconds from the start of an invocation to SIGKILL: before, during or after its PUTs. */
const KILL_WITHIN_MS = 40;

/** Faults of the invocations of a mapping. */
export interface InvokeFaults {
  readonly kind: Kind;
  readonly strikes: Strikes;
  readonly random: Random;
  /** Whether an event contains the last records. */
  readonly isLast: (event: string) => boolean;
}

/** Invokes a function with faults, and returns the outcome that the event source mapping would see. */
export function faultyInvoke(fn: EmulatedFunction, faults: InvokeFaults | undefined) {
  return async (event: string): Promise<InvokeOutcome> => {
    const isStruck = faults?.strikes.strike({ identity: event, isLast: faults.isLast(event) });
    if (faults === undefined || !isStruck) return fn.invoke(event);
    const { kind, random } = faults;
    switch (kind) {
      case 'throttle':
      case 'error':
        return { kind: 'throttled' };
      case 'reset':
        // The connection breaks before or after the function received the batch; the mapping cannot know which.
        if (random.chance(0.5)) void fn.invoke(event);
        return { kind: 'throttled' };
      case 'slow':
        await sleep(SLOW_MS);
        return fn.invoke(event);
      case 'hang': {
        const outcome = fn.invoke(event);
        await signalled(fn, { name: 'SIGSTOP', outcome });
        return outcome;
      }
      case 'lost-answer':
        await fn.invoke(event);
        return { kind: 'failed', errorType: 'AnswerLost' };
      case 'kill': {
        const outcome = fn.invoke(event);
        await sleep(random.below(KILL_WITHIN_MS));
        await signalled(fn, { name: 'SIGKILL', outcome });
        return outcome;
      }
    }
  };
}

/** Signals the function's process once it has started, unless the invocation is over first. */
async function signalled(
  fn: EmulatedFunction,
  { name, outcome }: { readonly name: NodeJS.Signals; readonly outcome: Promise<unknown> },
): Promise<void> {
  let isOver = false;
  void outcome.then(() => {
    isOver = true;
  });
  while (!isOver && !fn.signal(name)) await sleep(1);
}
