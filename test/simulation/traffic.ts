import { objectMetadataNames as names } from '../../lambda/contract.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';
import type { CallOptions, ObjectStore } from '../../lambda/core/ports.ts';
import { type Bucket, shortKey } from './bucket.ts';
import type { Journal } from './journal.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Attempts of one call, the first included: fewer than in earnest, so that they do get used up. */
const ATTEMPTS = 2;

/** Who calls the store: an invocation. */
export interface Sender {
  readonly id: string;
  /** Whether there still is someone to take an answer. */
  readonly isRunning: boolean;
}

/** What the function asks of the store, in one attempt or more. */
interface Call {
  readonly sender: Sender;
  readonly operation: 'put' | 'head';
  readonly key: string;
  /** Has the call's effect on the bucket, and returns the answer. */
  readonly apply: () => string | undefined;
}

interface PendingCall extends Call {
  readonly attemptTimeout: number;
  readonly resolve: (answer: string | undefined) => void;
  readonly reject: (error: ArchiverError) => void;
  attempts: number;
  /** The attempt that it waits for; none once it has ended. */
  awaited: Request | undefined;
}

/** One attempt of a call, on its way to the store. */
export interface Request {
  readonly call: PendingCall;
  readonly sentAt: number;
}

/** The parts that the traffic works with. */
export interface TrafficDeps {
  readonly bucket: Bucket;
  readonly journal: Journal;
  readonly time: VirtualTime;
}

/**
 * Requests on their way between functions and bucket. Each lands when it is told to: in any order,
 * after its sender gave it up or died, or never. Where an attempt fails another is made, as the S3
 * adapter has the SDK do.
 */
export class Traffic {
  /** Oldest first. */
  inFlight: Request[] = [];
  readonly #deps: TrafficDeps;

  constructor(deps: TrafficDeps) {
    this.#deps = deps;
  }

  /** The store as a sender sees it. */
  storeOf(sender: Sender): ObjectStore {
    const { bucket } = this.#deps;
    return {
      create: async (object, options) => {
        const apply = () => bucket.put(object);
        const call = { sender, operation: 'put', key: object.key, apply } as const;
        return (await this.#call(call, options)) === 'created' ? 'created' : 'exists';
      },
      readSha256: (key, options) => {
        const apply = () => bucket.head(key)?.metadata[names.sha256];
        return this.#call({ sender, operation: 'head', key, apply }, options);
      },
    };
  }

  /** The requests in flight that a sender waits for. */
  get awaited(): Request[] {
    return this.inFlight.filter((request) => this.isAwaited(request));
  }

  /** Whether a sender still waits for this very attempt. */
  isAwaited(request: Request): boolean {
    return request.call.awaited === request && request.call.sender.isRunning;
  }

  /** Whether another put of the same key is under way. */
  hasRival(request: Request): boolean {
    const isPutOf = (key: string, { call }: Request) =>
      call.operation === 'put' && call.key === key;
    const { key } = request.call;
    return (
      isPutOf(key, request) &&
      this.inFlight.some((other) => other !== request && isPutOf(key, other))
    );
  }

  /** The request takes effect, and who waits for it has the answer. */
  land(request: Request): string | undefined {
    this.#remove(request);
    const answer = request.call.apply();
    this.#deps.journal.note(answerText(answer));
    if (this.isAwaited(request)) {
      request.call.awaited = undefined;
      request.call.resolve(answer);
    }
    return answer;
  }

  /** The request takes effect, but its answer is lost. */
  loseAnswer(request: Request): void {
    this.#remove(request);
    this.#deps.journal.note(answerText(request.call.apply()));
    if (this.isAwaited(request)) this.#tryAgain(request.call);
  }

  /** The request has no effect: it got lost, or the store answered 5xx or 409. */
  refuse(request: Request): void {
    this.#remove(request);
    if (this.isAwaited(request)) this.#tryAgain(request.call);
  }

  /** The sender takes the attempt for lost and makes another; it stays in flight. */
  giveUp(request: Request): void {
    this.#deps.time.reach(request.sentAt + request.call.attemptTimeout);
    this.#tryAgain(request.call);
  }

  #call(what: Call, { signal, attemptTimeout }: CallOptions): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      const call = { ...what, attemptTimeout, resolve, reject, attempts: 0, awaited: undefined };
      if (signal.aborted) this.#abort(call);
      else {
        signal.addEventListener('abort', () => this.#abort(call));
        this.#send(call);
      }
    });
  }

  #send(call: PendingCall): void {
    call.attempts += 1;
    call.awaited = { call, sentAt: this.#deps.time.now };
    this.inFlight.push(call.awaited);
  }

  #tryAgain(call: PendingCall): void {
    if (call.attempts < ATTEMPTS) this.#send(call);
    else {
      this.#deps.journal.saw('attempts of a call used up');
      call.awaited = undefined;
      call.reject(new ArchiverError('STORE_WRITE_FAILED', 'SlowDown', { retryable: true }));
    }
  }

  #abort(call: PendingCall): void {
    if (call.operation === 'put' && call.awaited) {
      this.#deps.journal.saw('deadline aborted a put in flight');
    }
    call.awaited = undefined;
    call.reject(new ArchiverError('STORE_ABORTED', 'aborted', { retryable: true }));
  }

  #remove(request: Request): void {
    this.inFlight = this.inFlight.filter((each) => each !== request);
  }
}

function answerText(answer: string | undefined): string {
  return answer?.slice(0, 8) ?? 'nothing there';
}

/** `request-1's put of hour=10/p0.0-4.jsonl`: a request, for people. */
export function describe({ call }: Request): string {
  return `${call.sender.id}'s ${call.operation} of ${shortKey(call.key)}`;
}
