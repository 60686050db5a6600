import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerFault } from '../local/server-fault.ts';
import type { SqsRequestInfo } from '../local/sqs-server/server.ts';
import type { Kind } from './cell.ts';
import { LastingFaults } from './lasting-faults.ts';
import type { Random } from './random.ts';
import { serverFaultOf } from './server-faults.ts';
import type { Strikes } from './strikes.ts';

const SLOW_MS = 150;
const THROTTLED = { status: 403, code: 'RequestThrottled' } as const;

/** What strikes the calls of an operation on a queue. */
export interface SqsFaults extends SqsRequestInfo {
  readonly kind: Kind;
  readonly strikes: Strikes;
  readonly random: Random;
  /** Milliseconds that an invocation tries for. */
  readonly patienceMs: number;
  /** Kills the process that calls. */
  readonly kill: () => void;
}

/** Decides for each of the calls what goes wrong. */
export function faultySqs(faults: SqsFaults) {
  const { kind, operation, patienceMs, queue, random, strikes } = faults;
  const lasting = new LastingFaults(random, patienceMs + 200);
  return async (request: SqsRequestInfo): Promise<ServerFault | undefined> => {
    if (request.operation !== operation || request.queue !== queue) return undefined;
    if (lasting.strikes(operation)) return serverFaultOf(kind, THROTTLED);
    // Which is the last of them cannot be told: the first is struck where none else would be.
    if (!strikes.strike({ identity: operation, isLast: true })) return undefined;
    if (kind === 'slow') await sleep(SLOW_MS);
    if (kind === 'kill') {
      faults.kill();
      // The request goes on without the process that began it, or does not.
      return random.chance(0.5) ? { kind: 'reset' } : undefined;
    }
    lasting.mayBegin(operation, kind);
    return serverFaultOf(kind, THROTTLED);
  };
}
