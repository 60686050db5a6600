import { GetObjectTaggingCommand } from '@aws-sdk/client-s3';
import {
  DEADLINE_MARGIN_MS,
  type ObjectForm,
  objectForms,
  settingRanges,
} from '../../lambda/contract.ts';
import type { NamedRun } from '../../lambda/core/object/object-key.ts';
import { parseObjectKey } from '../../lambda/core/object/parse-object-key.ts';
import {
  type ReplayService,
  replayQueues,
  startReplayService,
} from '../local/replay/replay-service.ts';
import type { S3RequestInfo } from '../local/s3-server/server.ts';
import { auditScenario, endsOf, memoryBroker } from './audit.ts';
import type { ReplayCall, ReplayCell } from './cell.ts';
import {
  eventOf,
  type FailedRecords,
  failedRecords,
  type KeptBatch,
  keepBatches,
} from './failed-batches.ts';
import { faultyInvoke } from './faulty-function.ts';
import { faultyS3, faultySqs } from './faulty-servers.ts';
import { includeRunOf, judge, runsOf } from './judge.ts';
import { readStates } from './operator-status.ts';
import { Random } from './random.ts';
import { resultOf, type ScenarioResult } from './scenario.ts';
import { Strikes } from './strikes.ts';
import { buckets, INIT_SECONDS, type S3FaultOf, until, type World } from './world.ts';

/** Seconds: the deadline margin of five, and two for the messages of one invocation. */
const FUNCTION_TIMEOUT = 7;
/** Milliseconds for which an invocation retries calls to S3, and calls to the queue. */
const S3_PATIENCE_MS = FUNCTION_TIMEOUT * 1000 - DEADLINE_MARGIN_MS;
const SQS_PATIENCE_MS = FUNCTION_TIMEOUT * 1000 - 1000;
/** Seconds: less than an invocation may take, so that two invocations may have the same message. */
const VISIBILITY = 2;
/** The maximum, so that no good batch becomes a dead letter: a slow machine receives a message many times. */
const TRIES = settingRanges.replayTries.max;
/** The function never sees a higher receive count, so that its delays do not grow with the load of the machine. */
const MOST_RECEIPTS_SEEN = 2;
/** Loads that fail at first if the call is `delay`, which nothing else would cause. */
const LOADS_THAT_FAIL = 3;

/** The S3 operation and bucket of each call. */
const s3Calls: Partial<Record<ReplayCall, Pick<S3RequestInfo, 'bucket' | 'operation'>>> = {
  load: { operation: 'GetObject', bucket: buckets.failed },
  store: { operation: 'PutObject', bucket: buckets.archive },
  compare: { operation: 'HeadObject', bucket: buckets.archive },
  mark: { operation: 'PutObjectTagging', bucket: buckets.failed },
};
const sqsCalls: Partial<
  Record<ReplayCall, { readonly operation: string; readonly queue: string }>
> = {
  receive: { operation: 'ReceiveMessage', queue: replayQueues.replay },
  delete: { operation: 'DeleteMessageBatch', queue: replayQueues.replay },
  delay: { operation: 'ChangeMessageVisibility', queue: replayQueues.replay },
  bury: { operation: 'SendMessage', queue: replayQueues.deadLetter },
};

/** The parts of a scenario. */
export interface ReplayScenarioOptions {
  /** The name of its topic. */
  readonly name: string;
  readonly seed: number;
  readonly world: World;
}

/**
 * Replays failed batches while the cell's fault strikes, and reads everything back: every record is stored, each failed batch
 * is either marked as replayed or a dead letter, and `status` agrees.
 */
export async function runReplayScenario(
  cell: ReplayCell,
  options: ReplayScenarioOptions,
): Promise<ScenarioResult> {
  const scenario = new ReplayScenario(cell, options);
  return scenario.run();
}

class ReplayScenario {
  readonly #cell: ReplayCell;
  readonly #topic: string;
  readonly #random: Random;
  readonly #world: World;
  readonly #strikes: Strikes;
  readonly #records: FailedRecords;
  readonly #objectOf: ObjectForm;
  /** The runs of each batch. */
  readonly #batches: readonly (readonly NamedRun[])[];
  #service: ReplayService | undefined;

  constructor(cell: ReplayCell, { name, seed, world }: ReplayScenarioOptions) {
    this.#cell = cell;
    this.#topic = name;
    this.#random = new Random(seed);
    this.#world = world;
    this.#strikes = new Strikes(cell.time, this.#random, cell.kind === 'hang');
    this.#records = failedRecords(name, this.#random);
    this.#objectOf = this.#random.pick(objectForms);
    this.#batches = this.#records.batches.map((records) => runsOf(eventOf(name, records)));
  }

  async run(): Promise<ScenarioResult> {
    const world = this.#world;
    const service = await this.#startService();
    this.#service = service;
    try {
      await this.#archiveSome();
      world.s3Fault = this.#s3Fault();
      const deleted = { bucket: buckets.failed, key: `aws/lambda/${this.#topic}-deleted/x` };
      service.notify({ ...deleted, size: 0, etag: '' });
      world.onFailedBatch = (object) => {
        service.notify(object);
        // S3 may announce an object more than once.
        if (this.#random.chance(0.3)) service.notify(object);
      };
      const kept = await keepBatches(world, this.#topic, this.#records);
      const isFinished = await until(() => this.#isDone(kept), {
        everyMs: 50,
        // Each message leaves its queue once.
        steps: () => world.created.size + this.#strikes.count - this.#messagesLeft(),
      });
      world.s3Fault = undefined;
      const states = await readStates(service, world, `aws/lambda/${this.#topic}-`);
      return await this.#judge(kept, states, isFinished);
    } finally {
      world.s3Fault = undefined;
      world.onFailedBatch = undefined;
      await service.close();
    }
  }

  #startService(): Promise<ReplayService> {
    const { log, replayCodeFolder: codeFolder } = this.#world;
    const { call, kind } = this.#cell;
    const strikes = this.#strikes;
    const random = this.#random;
    const sqsCall = sqsCalls[call];
    return startReplayService({
      ...{ codeFolder, log, s3: this.#world, archiveBucket: buckets.archive },
      ...{ objectPrefix: '', timeFolder: 'hour', compression: 'gzip', serviceName: 'faults' },
      objectOf: this.#objectOf,
      failedBatchBucket: buckets.failed,
      ...{ timeoutSeconds: FUNCTION_TIMEOUT, initSeconds: INIT_SECONDS },
      ...{ delaySeconds: 0, replayRetrySeconds: 1, replayTries: TRIES },
      ...{ visibilitySeconds: VISIBILITY, batchSize: 3, concurrency: 3 },
      ...(sqsCall && {
        fault: faultySqs({
          ...{ ...sqsCall, kind, strikes, random, patienceMs: SQS_PATIENCE_MS },
          kill: () => this.#kill(),
        }),
      }),
      wrapInvoke: (fn) => {
        const faults = { kind, strikes, random, isLast: () => true };
        const invoke = faultyInvoke(fn, call === 'invoke' ? faults : undefined);
        return (event) => invoke(capReceiveCounts(event));
      },
    });
  }

  /** Stores some of the batches beforehand, as if the archive function had stored them before it failed. */
  async #archiveSome(): Promise<void> {
    const { batches } = this.#records;
    const { archive } = this.#world.functions[this.#objectOf];
    for (const [index, records] of batches.entries()) {
      if (isArchived(index)) await archive['on-demand'].invoke(eventOf(this.#topic, records));
    }
  }

  #s3Fault(): S3FaultOf | undefined {
    const { call, kind } = this.#cell;
    const s3Call = s3Calls[call];
    if (call === 'delay') return failFirstLoads();
    if (s3Call === undefined) return undefined;
    const last =
      this.#batches.findLast((_, index) => call !== 'compare' || isArchived(index)) ?? [];
    return faultyS3({
      ...s3Call,
      ...{ kind, strikes: this.#strikes, random: this.#random },
      patienceMs: S3_PATIENCE_MS,
      identityOf: (key) => key,
      isLast: (key) =>
        s3Call.bucket === buckets.failed
          ? key.startsWith(`aws/lambda/${this.#topic}-${this.#records.batches.length - 1}/`)
          : includeRunOf(last, parseObjectKey(key)?.runs),
      kill: () => this.#kill(),
    });
  }

  #kill(): void {
    this.#service?.function.signal('SIGKILL');
  }

  #messagesLeft(): number {
    const counts = this.#service?.sqs.queue(replayQueues.replay).counts();
    return counts === undefined ? 0 : counts.delayed + counts.inFlight + counts.visible;
  }

  async #isDone(kept: readonly KeptBatch[]): Promise<boolean> {
    if (this.#messagesLeft() > 0) return false;
    for (const { code, key } of kept) {
      if (code === undefined && !(await this.#isMarked(key))) return false;
    }
    return true;
  }

  async #isMarked(key: string): Promise<boolean> {
    const { TagSet = [] } = await this.#world.client.send(
      new GetObjectTaggingCommand({ Bucket: buckets.failed, Key: key }),
    );
    return TagSet.some(({ Key, Value }) => Key === 'status' && Value === 'replayed');
  }

  async #judge(
    kept: readonly KeptBatch[],
    states: ReadonlyMap<string, string>,
    isFinished: boolean,
  ): Promise<ScenarioResult> {
    const { produced } = this.#records;
    const invocations = { batches: this.#batches, objectOf: this.#objectOf };
    const judgement = await judge(this.#world, this.#topic, produced, invocations);
    const { count: injected } = this.#strikes;
    const ends = endsOf(produced);
    const broker = memoryBroker(this.#topic, produced, (partition) => ends.get(partition) ?? 0);
    const audited = { topic: this.#topic, broker, ends };
    const problems = await auditScenario(this.#world, audited, isFinished);
    const result = { duplicates: 0, injected, isFinished, problems };
    if (!isFinished) return resultOf(judgement, result, false);
    const letters = this.#deadLetters();
    const deleted: KeptBatch = {
      key: `aws/lambda/${this.#topic}-deleted/x`,
      code: 'FAILED_BATCH_NOT_FOUND',
    };
    for (const { code, key } of [...kept, deleted]) {
      const expected = code === undefined ? 'replayed' : 'dead';
      const state = states.get(key) ?? 'missing';
      if (state !== expected) problems.push(`${key} is ${state} in the status, not ${expected}`);
      const isMarked = key !== deleted.key && (await this.#isMarked(key));
      if (code === undefined && !isMarked) problems.push(`${key} is not replayed`);
      if (code !== undefined && isMarked) problems.push(`${key} is marked as replayed`);
      const codes = letters.get(key) ?? [];
      if (code === undefined && codes.length > 0)
        problems.push(`${key} is a dead letter: ${codes}`);
      if (code !== undefined && !codes.includes(code)) problems.push(`${key} is no dead letter`);
    }
    return resultOf(judgement, result, false);
  }

  /** The codes of the dead letters, by the key of their failed batch. */
  #deadLetters(): ReadonlyMap<string, readonly string[]> {
    const letters = this.#service?.sqs.queue(replayQueues.deadLetter).receive(1000) ?? [];
    const textOf = (value: { readonly StringValue?: string } | undefined) =>
      value?.StringValue ?? '';
    const named = Map.groupBy(letters, ({ attributes }) => textOf(attributes['failed-batch']));
    return new Map(
      [...named].map(([key, list]) => [key, list.map(({ attributes }) => textOf(attributes.code))]),
    );
  }
}

/** Caps the receive counts in an event of the queue at {@link MOST_RECEIPTS_SEEN}. */
function capReceiveCounts(event: string): string {
  return event.replaceAll(
    /("ApproximateReceiveCount":")(\d+)/g,
    (_, name: string, count: string) => `${name}${Math.min(MOST_RECEIPTS_SEEN, Number(count))}`,
  );
}

/** S3 refuses the first loads until the invocation runs out of time, so that the message is delayed. */
function failFirstLoads(): S3FaultOf {
  const until = new Map<string, number>();
  return async ({ bucket, key, operation }) => {
    if (operation !== 'GetObject' || bucket !== buckets.failed) return undefined;
    if (!until.has(key))
      until.set(key, until.size < LOADS_THAT_FAIL ? Date.now() + S3_PATIENCE_MS : 0);
    const isStruck = Date.now() < (until.get(key) ?? 0);
    return isStruck ? { kind: 'error', status: 503, code: 'SlowDown' } : undefined;
  };
}

/** Whether a batch was archived before it was kept, by its place among the batches. */
function isArchived(index: number): boolean {
  return index % 2 === 0;
}
