import { decideRetry, type InvokeOutcome } from '../../tools/local/mapping/retry-policy.ts';
import {
  type ConsumerGroup,
  cutBatch,
  type Delivery,
  type Poller,
  progressOf,
} from './consumer-group.ts';
import type { Journal } from './journal.ts';
import type { LambdaService } from './lambda-service.ts';
import type { Scenario } from './schedule.ts';
import { describeRuns, offsetOf, origin, runsOf } from './topic.ts';

/** A delivery, and whose it is. */
export interface OwnedDelivery {
  readonly poller: Poller;
  readonly delivery: Delivery;
}

/** The parts that the mapping works with. */
export interface MappingDeps {
  readonly scenario: Scenario;
  readonly group: ConsumerGroup;
  readonly lambda: LambdaService;
  readonly journal: Journal;
  /** Whether pollers commit a batch when they cut it, which is a bug. */
  readonly commitsWhenCut: boolean;
}

/**
 * An event source mapping that does whatever its documentation leaves open: batches of any length and
 * mix, retries of a whole batch or of its halves, commits late or in part; pollers that die, or that
 * go on without knowing that the group went on without them.
 */
export class Mapping {
  readonly pollers: readonly Poller[];
  /** The deliveries of which all is done and committed. */
  readonly finished: Delivery[] = [];
  readonly #deps: MappingDeps;

  constructor(deps: MappingDeps) {
    this.#deps = deps;
    this.pollers = Array.from({ length: deps.scenario.pollers }, (_, index) => ({
      name: `poller-${index + 1}`,
      generation: 0,
      assignment: undefined,
      deliveries: [],
    }));
    const { pollers } = this;
    deps.group.rebalance(pollers, (partition) => pollers[partition % pollers.length]);
  }

  /** All that pollers have under way. */
  get deliveries(): OwnedDelivery[] {
    return this.pollers.flatMap((poller) =>
      poller.deliveries.map((delivery) => ({ poller, delivery })),
    );
  }

  /** Cuts a batch and sends it to the function; joins the group first where it is out of it and knows. */
  poll(poller: Poller, take: (partition: number) => number): boolean {
    const { group, journal, lambda, commitsWhenCut } = this.#deps;
    const { assignment } = poller;
    const batch = cutBatch(poller, take);
    if (!assignment || batch.length === 0) {
      // With nothing left to read, a zombie asks the group.
      if (poller.generation === group.generation && assignment) return false;
      this.rebalance([], []);
      return true;
    }
    journal.step(`${poller.name} cuts ${describeRuns(batch)}`);
    if (poller.generation !== group.generation) journal.saw('zombie poller cut a batch');
    const attempt = { records: batch, failures: 0 };
    const invocation = lambda.invoke(attempt, assignment.log);
    poller.deliveries.push({
      ...{ assignment, batch, invocation, committed: new Map() },
      ...{ queue: [attempt], sent: [attempt], isBisected: false },
    });
    if (!commitsWhenCut) return true;
    const ends = [...runsOf(batch)].map(([partition, run]): [number, number] => [
      partition,
      Math.max(...run.map(offsetOf)) + 1,
    ]);
    group.commit(poller, assignment, new Map(ends));
    return true;
  }

  /** An invocation's outcome reaches its poller. */
  answer({ poller, delivery }: OwnedDelivery, bisect: boolean): void {
    const { outcome, id } = delivery.invocation;
    if (!outcome) return;
    this.#deps.journal.step(`${poller.name} hears of ${id}: ${outcome.kind}`);
    this.#goOn(delivery, outcome, bisect);
  }

  /** A poller times out on an invocation, or the answer gets lost. */
  reportFailed({ poller, delivery }: OwnedDelivery): void {
    const { journal } = this.#deps;
    const { invocation } = delivery;
    journal.step(`${poller.name} takes ${invocation.id} for failed`);
    if (invocation.isRunning) journal.saw('function reported failed while it ran on');
    if (invocation.isSuccess) journal.saw('answer of a success lost');
    this.#goOn(delivery, { kind: 'failed', errorType: 'Timeout' }, false);
  }

  /** Commits what a delivery has done; a poller whose generation has passed drops all it has. */
  commit({ poller, delivery }: OwnedDelivery): void {
    const { group, journal } = this.#deps;
    const progress = progressOf(delivery);
    const told = [...progress].map(([partition, offset]) => `p${partition} to ${offset}`);
    if (!group.commit(poller, delivery.assignment, progress)) {
      journal.step(`${poller.name} commits ${told.join(', ')}: fenced`);
      journal.saw('late commit fenced');
      this.drop(poller);
      return;
    }
    journal.step(`${poller.name} commits ${told.join(', ')}`);
    const isMoved = [...progress.keys()].some((partition) => group.owners[partition] !== poller);
    if (isMoved) journal.saw('late commit taken for a partition that had moved');
    if (delivery.queue.length > 0) journal.saw('part of a batch committed');
    delivery.committed = new Map([...delivery.committed, ...progress]);
    if (delivery.queue.length > 0) return;
    this.finished.push(delivery);
    poller.deliveries = poller.deliveries.filter((each) => each !== delivery);
  }

  /** Has a poller die: it commits nothing any more, while its invocations go on. */
  crash(poller: Poller): void {
    const { journal } = this.#deps;
    journal.step(`${poller.name} crashes`);
    const isBusy = poller.deliveries.some(({ invocation }) => invocation.isRunning);
    if (isBusy) journal.saw('poller crashed in the middle of a batch');
    this.drop(poller);
  }

  /** Deals the partitions out to some of the pollers; all of them where none would be left. */
  rebalance(absent: readonly number[], owners: readonly number[]): void {
    const { group, journal } = this.#deps;
    const present = this.pollers.filter((_, index) => !absent.includes(index));
    const members = present.length > 0 ? present : this.pollers;
    journal.step(`rebalance among ${members.map(({ name }) => name).join(', ')}`);
    if (this.deliveries.some(({ delivery }) => delivery.invocation.isRunning)) {
      journal.saw('rebalance in the middle of a batch');
    }
    group.rebalance(
      members,
      (partition) => members[(owners[partition] ?? partition) % members.length],
    );
    const dealt = group.owners.map((owner, partition) => `p${partition} to ${owner?.name}`);
    journal.note(`generation ${group.generation}: ${dealt.join(', ')}`);
  }

  /** Has a poller forget all it has. */
  drop(poller: Poller): void {
    poller.assignment = undefined;
    poller.deliveries = [];
  }

  /** Sends again what failed, or the rest of the batch. */
  #goOn(delivery: Delivery, outcome: InvokeOutcome, bisect: boolean): void {
    const { scenario, journal, lambda } = this.#deps;
    const [attempt, ...rest] = delivery.queue;
    if (!attempt) return;
    const { retry } = decideRetry(attempt, outcome, {
      topic: origin.topic,
      reportBatchItemFailures: scenario.reportBatchItemFailures,
      resend: scenario.resend,
      bisectBatchOnFunctionError: bisect,
      bisectSpendsAttempt: false,
      maximumRetryAttempts: -1,
      maximumRecordAgeSeconds: -1,
      hasDestination: false,
    });
    const [first] = retry;
    if (retry.length > 1) {
      journal.saw('batch bisected');
      delivery.isBisected = true;
    } else if (first && first.records.length < attempt.records.length) {
      journal.saw('part of a batch sent again after a partial response');
    }
    delivery.queue = [...retry, ...rest];
    const [next] = delivery.queue;
    if (!next) return;
    delivery.sent.push(next);
    delivery.invocation = lambda.invoke(next, delivery.assignment.log);
  }
}

/** Whether a delivery's invocation has ended, which its poller has not heard. */
export function hasAnswer({ delivery }: OwnedDelivery): boolean {
  return delivery.queue.length > 0 && delivery.invocation.outcome !== undefined;
}

/** Whether a delivery's poller waits for an invocation, ended or not. */
export function isUnderWay({ delivery }: OwnedDelivery): boolean {
  return delivery.queue.length > 0;
}

/** Whether a delivery has anything to commit. */
export function canCommit({ delivery }: OwnedDelivery): boolean {
  return progressOf(delivery).size > 0;
}
