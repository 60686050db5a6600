import { setTimeout as sleep } from 'node:timers/promises';
import type { S3RequestInfo } from '../local/s3-server/server.ts';
import type { Kind } from './cell.ts';
import { LastingFaults } from './lasting-faults.ts';
import type { Random } from './random.ts';
import { serverFaultOf } from './server-faults.ts';
import type { Strikes } from './strikes.ts';
import type { S3FaultOf } from './world.ts';

const SLOW_MS = 150;
const THROTTLED = { status: 503, code: 'SlowDown' } as const;
/** What strikes the calls of an operation on a bucket. */
export interface S3Faults {
  readonly operation: S3RequestInfo['operation'];
  readonly bucket: string;
  readonly kind: Kind;
  readonly strikes: Strikes;
  readonly random: Random;
  /** Names the call that a request is a try of. */
  readonly identityOf: (key: string) => string;
  /** Whether a key holds the last records. */
  readonly isLast: (key: string) => boolean;
  /** Milliseconds that an invocation tries for. */
  readonly patienceMs: number;
  /** Kills the process that calls. */
  readonly kill: () => void;
}

/** Decides for each of the calls what goes wrong. */
export function faultyS3(faults: S3Faults): S3FaultOf {
  const { bucket, identityOf, isLast, kind, operation, random, strikes } = faults;
  const lasting = new LastingFaults(random, faults.patienceMs + 200);
  return async (request: S3RequestInfo) => {
    if (request.operation !== operation || request.bucket !== bucket) return undefined;
    const { key } = request;
    const identity = identityOf(key);
    if (lasting.strikes(identity)) return serverFaultOf(kind, THROTTLED);
    if (!strikes.strike({ identity, isLast: isLast(key) })) return undefined;
    if (kind === 'slow') await sleep(SLOW_MS);
    if (kind === 'kill') {
      faults.kill();
      // The request goes on without the process that began it, or does not.
      return random.chance(0.5) ? { kind: 'reset' } : undefined;
    }
    lasting.mayBegin(identity, kind);
    return serverFaultOf(kind, THROTTLED);
  };
}
