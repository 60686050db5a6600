import { groupsOf, objectsOfBatch } from './archive-check.ts';
import { requestIdOf } from './bucket.ts';
import type { Journal } from './journal.ts';
import type { Invocation } from './lambda-service.ts';
import { canCommit, hasAnswer, isUnderWay } from './mapping.ts';
import { faults, type Schedule, type Step } from './schedule.ts';
import { describe, type Request } from './traffic.ts';
import { settle } from './virtual-time.ts';
import { type SimulationParts, World } from './world.ts';

/** Steps within which all that is left gets archived once nothing fails any more. */
const MOST_STEPS = 200;

/**
 * Runs a schedule. Then everything is started again from the committed offsets: what they say is
 * archived does not come again. Last, requests still under way land. The archive is checked before
 * they do and after.
 *
 * @returns what happened
 * @throws {Error} what is wrong with the archive, and the steps that led there
 */
export async function simulate(
  { scenario, steps }: Schedule,
  parts: SimulationParts = {},
): Promise<Journal> {
  const simulation = new Simulation(new World(scenario, parts));
  const { journal } = simulation;
  const leftOut = faults.filter((fault) => !scenario.faults.includes(fault));
  try {
    for (const step of steps) {
      if (!leftOut.some((fault) => fault === step.kind)) await simulation.take(step);
    }
    await simulation.finish();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error([reason, ...journal.lines].join('\n'), { cause: error });
  }
  return journal;
}

class Simulation {
  readonly journal: Journal;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    this.journal = world.journal;
  }

  /** Takes a step, if there is a candidate for it, and lets all code run on that it set going. */
  async take(step: Step): Promise<void> {
    if (!this.#act(step)) return;
    this.#world.time.tick();
    await settle();
  }

  /** Starts everything again, archives the rest, and checks. */
  async finish(): Promise<void> {
    const { journal, lambda, mapping, traffic } = this.#world;
    journal.head('everything is started again:');
    lambda.crashAll();
    for (const poller of mapping.pollers) mapping.drop(poller);
    const late = traffic.inFlight.splice(0);
    await this.#archiveTheRest();
    this.#world.check();
    journal.head('what was still under way lands:');
    for (const request of late) this.#land(request);
    journal.saw('overlap', this.#world.check());
  }

  async #archiveTheRest(): Promise<void> {
    const { mapping, group, traffic } = this.#world;
    const [poller] = mapping.pollers;
    if (!poller) return;
    group.rebalance([poller], () => poller);
    for (let step = 0; step < MOST_STEPS; step++) {
      mapping.poll(poller, () => Number.POSITIVE_INFINITY);
      const isOver = this.#underWay(false).length === 0 && traffic.inFlight.length === 0;
      if (isOver) return;
      await this.take({ kind: 'land late', at: 0 });
      await this.take({ kind: 'go on', at: 0, bisect: false });
    }
    throw new Error('the rest is never archived');
  }

  /** Whether there was a candidate for the step. */
  #act(step: Step): boolean {
    const { lambda, mapping, traffic } = this.#world;
    const { inFlight, awaited } = traffic;
    switch (step.kind) {
      case 'poll': {
        const poller = mapping.pollers[step.poller % mapping.pollers.length];
        return (
          poller !== undefined && mapping.poll(poller, (partition) => step.take[partition] ?? 0)
        );
      }
      case 'go on':
        return pick(this.#underWay(step.bisect), step.at, (goOn) => goOn());
      case 'lose answer':
        return pick(inFlight, step.at, (request) => this.#loseAnswer(request));
      case 'refuse':
        return pick(inFlight, step.at, (request) => this.#refuse(request));
      case 'conflict': {
        const rivals = inFlight.filter((request) => traffic.hasRival(request));
        return pick(rivals, step.at, (request) => this.#conflict(request));
      }
      case 'give up':
        return pick(awaited, step.at, (request) => this.#giveUp(request));
      case 'land late': {
        const zombies = inFlight.filter((request) => !traffic.isAwaited(request));
        return pick(zombies, step.at, (request) => this.#land(request));
      }
      case 'expire': {
        const running = lambda.invocations.filter(({ isRunning }) => isRunning);
        return pick(running, step.at, (each) => this.#expire(each));
      }
      case 'crash':
        return pick(this.#crashable(), step.at, (each) => this.#crash(each));
      case 'report failed': {
        const underWay = mapping.deliveries.filter(isUnderWay);
        return pick(underWay, step.at, (each) => mapping.reportFailed(each));
      }
      case 'crash poller': {
        const polling = mapping.pollers.filter(({ assignment }) => assignment);
        return pick(polling, step.at, (poller) => mapping.crash(poller));
      }
      case 'rebalance':
        mapping.rebalance(step.absent, step.owners);
        return true;
      case 'recreate':
        this.#world.recreateTopic();
        return true;
    }
  }

  /** All that can go on. */
  #underWay(bisect: boolean): (() => void)[] {
    const { lambda, mapping, traffic } = this.#world;
    const { deliveries } = mapping;
    const waiting = lambda.invocations.filter(({ isWaiting }) => isWaiting);
    const all = [
      ...traffic.awaited.map((request) => () => this.#land(request)),
      ...deliveries.filter(hasAnswer).map((each) => () => mapping.answer(each, bisect)),
      ...deliveries.filter(canCommit).map((each) => () => mapping.commit(each)),
      ...waiting.map((each) => () => this.#begin(each)),
    ];
    return this.#world.scenario.first === 'oldest' ? all : all.reverse();
  }

  #begin(invocation: Invocation): void {
    const { journal, lambda, traffic } = this.#world;
    journal.step(`${invocation.id} begins`);
    this.#seeGroups(invocation);
    lambda.begin(invocation);
    const isOfSameProcess = ({ call }: Request) => {
      const sender = lambda.find(call.sender.id);
      return (
        call.operation === 'put' && sender?.process === invocation.process && !sender?.isKilled
      );
    };
    if (traffic.inFlight.some(isOfSameProcess)) {
      journal.saw('process ran an invocation while puts of another were in flight');
    }
  }

  #seeGroups({ attempt }: Invocation): void {
    const { journal, objects } = this.#world;
    if (objects.objectOf === 'partition') return;
    const groups = groupsOf(attempt.records, objects);
    if (groups.some((group) => group.length > 1)) journal.saw('runs of a batch in one object');
    if (groups.length > 1) journal.saw('runs of a batch in several keys, for lack of room');
  }

  #land(request: Request): void {
    const { journal, lambda, traffic, bucket } = this.#world;
    journal.step(`${describe(request)} lands`);
    const { call } = request;
    const isZombie = !traffic.isAwaited(request);
    const maker = lambda.find(requestIdOf(bucket.head(call.key)));
    const answer = traffic.land(request);
    if (!isZombie || call.operation === 'head') return;
    if (answer === 'created') journal.saw('zombie put made its object');
    const sender = lambda.find(call.sender.id);
    if (maker && sender && maker.number > sender.number && maker.isSuccess) {
      journal.saw("zombie put landed after a successor's success");
    }
  }

  #loseAnswer(request: Request): void {
    const { journal, traffic } = this.#world;
    journal.step(`${describe(request)} lands, its answer is lost`);
    traffic.loseAnswer(request);
  }

  #refuse(request: Request): void {
    const { journal, traffic } = this.#world;
    journal.step(`${describe(request)} is refused: 503`);
    traffic.refuse(request);
  }

  #conflict(request: Request): void {
    const { journal, traffic } = this.#world;
    journal.step(`${describe(request)} is refused: 409`);
    journal.saw('409 while another put of the key was under way');
    traffic.refuse(request);
  }

  #giveUp(request: Request): void {
    const { journal, traffic } = this.#world;
    journal.step(`${describe(request)} takes too long, and is made again`);
    traffic.giveUp(request);
  }

  #expire(invocation: Invocation): void {
    const { journal, lambda } = this.#world;
    journal.step(`${invocation.id} nears its timeout`);
    lambda.expire(invocation);
  }

  /** Invocations that run, or that may never come to run, or whose answer nobody has heard. */
  #crashable(): Invocation[] {
    const { lambda, mapping } = this.#world;
    const answered = mapping.deliveries
      .filter(hasAnswer)
      .map(({ delivery }) => delivery.invocation);
    return lambda.invocations.filter((each) => !each.outcome || answered.includes(each));
  }

  #crash(invocation: Invocation): void {
    const { journal, lambda, bucket } = this.#world;
    journal.step(`${invocation.id} crashes`);
    const { attempt, log } = invocation;
    const keys = [...objectsOfBatch(log, attempt.records, this.#world.objects).keys()];
    const made = keys.filter((key) => requestIdOf(bucket.head(key)) === invocation.id);
    if (invocation.isWaiting) journal.saw('function crashed before its plan');
    else if (made.length === keys.length) {
      journal.saw('function crashed after its puts, before its answer');
    } else if (made.length > 0) journal.saw('function crashed between two puts');
    lambda.crash(invocation);
  }
}

/** Does something with the `at`-th of what there is, round and round; false where there is nothing. */
function pick<Item>(items: readonly Item[], at: number, act: (item: Item) => void): boolean {
  const item = items[at % items.length];
  if (item === undefined) return false;
  act(item);
  return true;
}
