import { setTimeout as sleep } from 'node:timers/promises';
import type { S3RequestInfo } from '../emulator/s3-server/server.ts';
import type { ServerFault } from '../emulator/server-fault.ts';
import type { Kind } from './cell.ts';
import type { Random } from './random.ts';
import type { Strikes } from './strikes.ts';
import { PUT_DEADLINE_MS, type PutFault } from './world.ts';

const SLOW_MS = 150;
/** Milliseconds that what outlasts an invocation's own tries goes on. */
const LASTING_MS = PUT_DEADLINE_MS + 200;
/** Of the faults that an invocation's own tries would get over, so many outlast them. */
const LASTING_SHARE = 0.25;

/** What strikes the puts to a bucket. */
export interface PutFaults {
  readonly bucket: string;
  readonly kind: Kind;
  readonly strikes: Strikes;
  readonly random: Random;
  /** Names the call that a put is a try of. */
  readonly identityOf: (key: string) => string;
  /** Whether a key holds the last records. */
  readonly isLast: (key: string) => boolean;
  /** Kills the process that puts. */
  readonly kill: () => void;
}

/** Decides for each put of a bucket what goes wrong. */
export function faultyPuts(faults: PutFaults): PutFault {
  const { bucket, identityOf, isLast, kind, random, strikes } = faults;
  const lasting = new Map<string, number>();
  return async ({ bucket: asked, key }: S3RequestInfo) => {
    if (asked !== bucket) return undefined;
    const identity = identityOf(key);
    if (Date.now() < (lasting.get(identity) ?? 0)) return faultOf(kind);
    if (!strikes.strike({ identity, isLast: isLast(key) })) return undefined;
    if (kind === 'slow') await sleep(SLOW_MS);
    if (kind === 'kill') {
      faults.kill();
      // The put goes on without the process that began it, or does not.
      return random.chance(0.5) ? { kind: 'reset' } : undefined;
    }
    const lasts = kind === 'hang' || random.chance(LASTING_SHARE);
    if (lasts && isTransient(kind)) lasting.set(identity, Date.now() + LASTING_MS);
    return faultOf(kind);
  };
}

function isTransient(kind: Kind): boolean {
  return kind === 'hang' || kind === 'throttle' || kind === 'error' || kind === 'reset';
}

function faultOf(kind: Kind): ServerFault | undefined {
  switch (kind) {
    case 'throttle':
      return { kind: 'error', status: 503, code: 'SlowDown' };
    case 'error':
      return { kind: 'error', status: 500, code: 'InternalError' };
    case 'reset':
    case 'hang':
    case 'lost-answer':
      return { kind };
    default:
      return undefined;
  }
}
