import type { ObjectStore, Telemetry } from '../../lambda/core/ports.ts';
import { toEventJson } from '../../lambda/core/record/mapping-event.ts';
import type { Attempt, InvokeOutcome } from '../../tools/local/mapping/retry-policy.ts';
import type { AllArchiveSettings } from '../helpers/archive-parts.ts';
import type { Journal } from './journal.ts';
import { type CreateHandler, type Process, processesOf, startProcess } from './process-pool.ts';
import { describeRuns, origin, type TopicLog } from './topic.ts';
import type { Sender } from './traffic.ts';
import type { VirtualTime } from './virtual-time.ts';

/** How an invocation ends that is killed. */
const KILLED: InvokeOutcome = { kind: 'failed', errorType: 'Runtime.ExitError' };

/** Of the function, in milliseconds. */
const TIMEOUT = 60_000;

/** One invocation of the archive function. */
export class Invocation implements Sender {
  /** From 1, in the order in which they were sent. */
  readonly number: number;
  readonly attempt: Attempt;
  /** The topic that its records are of. */
  readonly log: TopicLog;
  /** Where it runs, once it has begun. */
  process: Process | undefined;
  /** When the handler is to give up; undefined until it has begun. */
  deadline: { readonly at: number; readonly controller: AbortController } | undefined;
  /** How it ended; a function error where it was killed. */
  outcome: InvokeOutcome | undefined;

  constructor(number: number, attempt: Attempt, log: TopicLog) {
    this.number = number;
    this.attempt = attempt;
    this.log = log;
  }

  get id(): string {
    return `request-${this.number}`;
  }

  /** Whether it was sent, but has neither begun nor been killed before. */
  get isWaiting(): boolean {
    return this.process === undefined && this.outcome === undefined;
  }

  get isRunning(): boolean {
    return this.process !== undefined && this.outcome === undefined;
  }

  get isKilled(): boolean {
    return this.outcome === KILLED;
  }

  /** Whether it ended well, with nothing to be sent again. */
  get isSuccess(): boolean {
    return this.outcome?.kind === 'returned' && !this.outcome.payload.includes('"offset"');
  }
}

/** The parts that the service works with. */
export interface LambdaServiceDeps {
  readonly journal: Journal;
  readonly time: VirtualTime;
  readonly telemetry: Telemetry;
  readonly settings: AllArchiveSettings;
  readonly storeOf: (sender: Sender) => ObjectStore;
  readonly createHandler: CreateHandler;
}

/** Lambda: it runs the handler, in processes that it keeps warm and that may be killed at any step. */
export class LambdaService {
  /** All that ever were, oldest first. */
  readonly invocations: Invocation[] = [];
  readonly #deps: LambdaServiceDeps;
  readonly #idle: Process[];

  constructor(deps: LambdaServiceDeps) {
    this.#deps = deps;
    this.#idle = processesOf(deps.createHandler, deps.settings);
  }

  /** The invocation of a request id. */
  find(id: string | undefined): Invocation | undefined {
    return this.invocations.find((invocation) => invocation.id === id);
  }

  /** Takes an invocation, which begins when it is told to. */
  invoke(attempt: Attempt, log: TopicLog): Invocation {
    const invocation = new Invocation(this.invocations.length + 1, attempt, log);
    this.invocations.push(invocation);
    this.#deps.journal.note(`${invocation.id} sent: ${describeRuns(attempt.records)}`);
    return invocation;
  }

  /** Has the handler run to its first calls of the store, once promises are settled. */
  begin(invocation: Invocation): void {
    const process = this.#takeProcess(invocation);
    invocation.process = process;
    const event = JSON.parse(toEventJson(invocation.attempt.records, origin));
    const context = {
      awsRequestId: invocation.id,
      functionVersion: '1',
      getRemainingTimeInMillis: () => TIMEOUT,
    };
    process.handler(event, context).then(
      (result) => {
        const payload = JSON.stringify(result ?? null);
        this.#end(invocation, { kind: 'returned', payload });
      },
      (error: Error) => this.#end(invocation, { kind: 'failed', errorType: error.name }),
    );
  }

  /** Kills an invocation, before it begins or before its answer is heard; what it sent may still land. */
  crash(invocation: Invocation): void {
    if (invocation.outcome) invocation.outcome = KILLED;
    else this.#release(invocation, KILLED);
  }

  /** Kills all that has not ended. */
  crashAll(): void {
    for (const invocation of this.invocations) if (!invocation.outcome) this.crash(invocation);
  }

  /** The time comes at which the handler is to give up. */
  expire({ deadline }: Invocation): void {
    if (!deadline) return;
    this.#deps.time.reach(deadline.at);
    deadline.controller.abort();
  }

  #takeProcess(invocation: Invocation): Process {
    const { createHandler, settings, storeOf, telemetry, time } = this.#deps;
    const timeout = (milliseconds: number) => {
      const controller = new AbortController();
      invocation.deadline = { at: time.now + milliseconds, controller };
      return controller.signal;
    };
    const surroundings = {
      store: storeOf(invocation),
      clock: { now: () => time.now, timeout },
      telemetry,
    };
    const process = this.#idle.pop() ?? startProcess(createHandler, settings, surroundings);
    process.surroundings = surroundings;
    return process;
  }

  #end(invocation: Invocation, outcome: InvokeOutcome): void {
    // What is killed answers nothing.
    if (!invocation.isRunning) return;
    this.#release(invocation, outcome);
    const answer = outcome.kind === 'returned' ? `answers ${outcome.payload}` : 'fails';
    this.#deps.journal.note(`${invocation.id} ${answer}`);
  }

  #release(invocation: Invocation, outcome: InvokeOutcome): void {
    invocation.outcome = outcome;
    if (invocation.process) this.#idle.push(invocation.process);
  }
}
