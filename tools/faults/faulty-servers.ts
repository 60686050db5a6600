import { setTimeout as sleep } from 'node:timers/promises';
import type { FirehoseFault, FirehoseRequestInfo } from '../local/firehose-server/server.ts';
import type { S3RequestInfo } from '../local/s3-server/server.ts';
import type { ServerFault } from '../local/server-fault.ts';
import type { SqsRequestInfo } from '../local/sqs-server/server.ts';
import type { Kind, StreamKind } from './cell.ts';
import type { Random } from './random.ts';
import type { Strikes, Try } from './strikes.ts';
import type { S3FaultOf } from './world.ts';

const SLOW_MS = 150;
/** Milliseconds by which a lasting fault outlasts the retries of an invocation. */
const OUTLASTS_MS = 200;
/** The share of faults that last. An invocation's own retries overcome the others. */
const LASTING_SHARE = 0.25;
const mayLast: readonly StreamKind[] = ['hang', 'throttle', 'error', 'reset', 'reject'];

/** Faults of one call to a server. */
export interface CallFaults<Of extends StreamKind = Kind> {
  readonly kind: Of;
  readonly strikes: Strikes;
  readonly random: Random;
  /** Milliseconds for which an invocation retries the call. */
  readonly patienceMs: number;
  /** Kills the calling process. */
  readonly kill: () => void;
}

/** The error code with which a server throttles, and its HTTP status. */
interface Throttled {
  readonly status: number;
  readonly code: string;
}

/** Decides for each try of a call what goes wrong. A lasting fault strikes every try of the call until it ends. */
function faultsOf({ kill, kind, patienceMs, random, strikes }: CallFaults<StreamKind>) {
  const ends = new Map<string, number>();
  return async <Fault>(
    tried: Try,
    faultOf: (isLasting: boolean) => Fault | undefined,
  ): Promise<Fault | { readonly kind: 'reset' } | undefined> => {
    if (Date.now() < (ends.get(tried.identity) ?? 0)) return faultOf(true);
    if (!strikes.strike(tried)) return undefined;
    if (kind === 'slow') await sleep(SLOW_MS);
    if (kind === 'kill') {
      kill();
      // The request may or may not reach the server before its process dies.
      return random.chance(0.5) ? { kind: 'reset' } : undefined;
    }
    const isLasting = kind === 'hang' || random.chance(LASTING_SHARE);
    if (isLasting && mayLast.includes(kind)) {
      ends.set(tried.identity, Date.now() + patienceMs + OUTLASTS_MS);
    }
    return faultOf(false);
  };
}

/** A server's response to a call that fails this way; undefined if the server handles the call. */
function responseOf(kind: Kind, throttled: Throttled): ServerFault | undefined {
  switch (kind) {
    case 'throttle':
      return { kind: 'error', ...throttled };
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

/** Faults of one S3 operation on one bucket. */
export interface S3Faults extends CallFaults {
  readonly operation: S3RequestInfo['operation'];
  readonly bucket: string;
  /** Names the call that a request is a try of. */
  readonly identityOf: (key: string) => string;
  /** Whether an object contains the last records. */
  readonly isLast: (key: string) => boolean;
}

/** Decides what goes wrong with each S3 request. */
export function faultyS3(faults: S3Faults): S3FaultOf {
  const { bucket, identityOf, isLast, kind, operation } = faults;
  const strike = faultsOf(faults);
  const response = responseOf(kind, { status: 503, code: 'SlowDown' });
  return async (request) => {
    if (request.operation !== operation || request.bucket !== bucket) return undefined;
    const { key } = request;
    return strike({ identity: identityOf(key), isLast: isLast(key) }, () => response);
  };
}

/** Faults of one SQS operation on one queue. */
export interface SqsFaults extends CallFaults, SqsRequestInfo {}

/** Decides what goes wrong with each SQS request. */
export function faultySqs(faults: SqsFaults) {
  const { kind, operation, queue } = faults;
  const strike = faultsOf(faults);
  const response = responseOf(kind, { status: 403, code: 'RequestThrottled' });
  return async (request: SqsRequestInfo): Promise<ServerFault | undefined> => {
    if (request.operation !== operation || request.queue !== queue) return undefined;
    // Any of the calls may be the last, so each counts as the last.
    return strike({ identity: operation, isLast: true }, () => response);
  };
}

/** Decides what goes wrong with each `PutRecordBatch`. */
export function faultyFirehose(faults: CallFaults<StreamKind>) {
  const { kind, random } = faults;
  const operation = 'PutRecordBatch';
  const throttled = { status: 503, code: 'ServiceUnavailableException' };
  const strike = faultsOf(faults);
  return async (request: FirehoseRequestInfo): Promise<FirehoseFault | undefined> => {
    if (request.operation !== operation) return undefined;
    // Any of the calls may be the last, so each counts as the last.
    return strike<FirehoseFault>({ identity: operation, isLast: true }, (isLasting) => {
      if (kind !== 'reject') return responseOf(kind, throttled);
      return isLasting ? { kind, isRejected: () => true } : rejectSome(random, request.records);
    });
  };
}

/** Rejects at least one of the chunks. */
function rejectSome(random: Random, chunks: number): FirehoseFault {
  const one = random.below(chunks);
  return { kind: 'reject', isRejected: (place) => place === one || random.chance(0.5) };
}
