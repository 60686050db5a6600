import { setTimeout as sleep } from 'node:timers/promises';
import type { FirehoseFault, FirehoseRequestInfo } from '../local/firehose-server/server.ts';
import type { StreamKind } from './cell.ts';
import { LastingFaults } from './lasting-faults.ts';
import type { Random } from './random.ts';
import { serverFaultOf } from './server-faults.ts';
import type { Strikes } from './strikes.ts';

const SLOW_MS = 150;
const THROTTLED = { status: 503, code: 'ServiceUnavailableException' } as const;
const OPERATION = 'PutRecordBatch';

/** What strikes the calls of a stream. */
export interface FirehoseFaults {
  readonly kind: StreamKind;
  readonly strikes: Strikes;
  readonly random: Random;
  /** Milliseconds that an invocation tries for. */
  readonly patienceMs: number;
  /** Kills the process that calls. */
  readonly kill: () => void;
}

/** Decides for each of the calls what goes wrong. */
export function faultyFirehose({ kill, kind, patienceMs, random, strikes }: FirehoseFaults) {
  const lasting = new LastingFaults(random, patienceMs + 200);
  return async ({
    operation,
    records,
  }: FirehoseRequestInfo): Promise<FirehoseFault | undefined> => {
    if (operation !== OPERATION) return undefined;
    if (lasting.strikes(OPERATION)) return kind === 'reject' ? rejectAll : plainFault(kind);
    // Which is the last of them cannot be told: the first is struck where none else would be.
    if (!strikes.strike({ identity: OPERATION, isLast: true })) return undefined;
    if (kind === 'slow') await sleep(SLOW_MS);
    if (kind === 'kill') {
      kill();
      // The request goes on without the process that began it, or does not.
      return random.chance(0.5) ? { kind: 'reset' } : undefined;
    }
    lasting.mayBegin(OPERATION, kind);
    return kind === 'reject' ? rejectSome(random, records) : plainFault(kind);
  };
}

const rejectAll: FirehoseFault = { kind: 'reject', isRejected: () => true };

/** One at least. */
function rejectSome(random: Random, records: number): FirehoseFault {
  const one = random.below(records);
  return { kind: 'reject', isRejected: (place) => place === one || random.chance(0.5) };
}

function plainFault(kind: Exclude<StreamKind, 'reject'>): FirehoseFault | undefined {
  return serverFaultOf(kind, THROTTLED);
}
