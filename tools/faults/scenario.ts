import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { Offsets } from '../../kafka/record.ts';
import { type ObjectForm, objectForms, settingRanges } from '../../lambda/contract.ts';
import type { AuditBroker } from '../../lambda/core/audit/broker.ts';
import type { NamedRun } from '../../lambda/core/object/object-key.ts';
import { parseObjectKey } from '../../lambda/core/object/parse-object-key.ts';
import { ARCHIVE_FUNCTION_ARN } from '../local/lambda/local-functions.ts';
import { systemClock } from '../local/mapping/clock.ts';
import { EventSourceMapping } from '../local/mapping/event-source-mapping.ts';
import { s3Destination } from '../local/mapping/on-failure.ts';
import type { InvokeOutcome } from '../local/mapping/retry-policy.ts';
import { type MappingSettings, mappingSettings } from '../local/mapping/settings.ts';
import type { Source } from '../local/mapping/source.ts';
import { toQueueEventJson } from '../local/replay/queue-mapping.ts';
import { objectCreatedEvent } from '../local/replay/s3-event.ts';
import { auditScenario, endsOf } from './audit.ts';
import { type Cell, mayOverlap } from './cell.ts';
import { faultyInvoke } from './faulty-function.ts';
import { faultyS3 } from './faulty-servers.ts';
import { FaultySource } from './faulty-source.ts';
import { type Judgement, judge, type ProducedRecord, runsOf } from './judge.ts';
import { Random } from './random.ts';
import { Strikes } from './strikes.ts';
import { buckets, PUT_DEADLINE_MS, until, type World, type WorldFunctions } from './world.ts';

/** A topic with records for a scenario to archive. */
export interface FilledTopic {
  readonly source: Source;
  readonly produced: readonly ProducedRecord[];
  /** Whether the group has committed every offset. */
  isDone(): boolean | Promise<boolean>;
  /** The brokers, as an audit sees them. */
  broker(): AuditBroker;
  /** Milliseconds between two polls of {@link isDone}. */
  readonly everyMs: number;
  /** A disturbance after the first invocation has started. @default - none */
  readonly disturb?: () => Promise<void>;
}

/** The result of a scenario. */
export interface ScenarioResult extends Judgement {
  /** Record lines after the first one of their record, which delivery through a stream allows. */
  readonly duplicates: number;
  /** Faults injected. */
  readonly injected: number;
  /** Violations; empty for a successful scenario. */
  readonly problems: readonly string[];
  /**
   * Whether it came to its end. Otherwise records that are not stored yet count neither as lost nor as a violation, but
   * anything that is wrong already does.
   */
  readonly isFinished: boolean;
}

/** Completes the result of a scenario. */
export function resultOf(
  judgement: Judgement,
  {
    problems,
    ...result
  }: Pick<ScenarioResult, 'duplicates' | 'injected' | 'isFinished' | 'problems'>,
  overlapsAllowed: boolean,
): ScenarioResult {
  const judged = result.isFinished ? judgement : { ...judgement, lost: 0 };
  const all = [...judgementProblems(judged, overlapsAllowed), ...problems];
  if (result.isFinished && result.injected === 0) all.push('no fault was injected');
  return { ...judged, ...result, problems: all };
}

const RETRY_DELAY_MS = 10;
/** The replay function's response if it has handled all messages. */
const NOTHING_KEPT = '{"batchItemFailures":[]}';
/** The most tries of a replay: the stack's default. */
const REPLAY_TRIES = settingRanges.replayTries.default;
const DESTINATION_TIMEOUT_MS = 400;
/** The offset in each partition of a record for which the function fails until its batch is sent to the destination. */
const POISON = 2;

/** Archives a topic while the cell's fault strikes, and reads the topic back. */
export async function runScenario(
  cell: Cell,
  topic: FilledTopic,
  { seed, world }: { readonly seed: number; readonly world: World },
): Promise<ScenarioResult> {
  const scenario = new Scenario(cell, topic, { random: new Random(seed), world });
  return scenario.run();
}

class Scenario {
  readonly #cell: Cell;
  readonly #topic: FilledTopic;
  readonly #random: Random;
  readonly #world: World;
  readonly #strikes: Strikes;
  readonly #settings: MappingSettings;
  /** The offset after the last record, by partition. */
  readonly #ends: Offsets;
  readonly #objectOf: ObjectForm;
  readonly #functions: WorldFunctions;
  /** The runs of each event. */
  readonly #invoked: (readonly NamedRun[])[] = [];
  #invocations = 0;
  /** Whether a failing batch is stored nevertheless. Mostly only its failed batch contains it. */
  readonly #storesPoisoned: boolean;
  readonly #problems: string[] = [];
  #source: FaultySource;
  #mapping: EventSourceMapping;
  /** All mappings so far: the killed ones, whose invocations may still run, and the current one. */
  readonly #runs: Promise<void>[] = [];

  constructor(cell: Cell, topic: FilledTopic, given: { random: Random; world: World }) {
    const { random, world } = given;
    this.#cell = cell;
    this.#topic = topic;
    this.#random = random;
    this.#world = world;
    this.#strikes = new Strikes(cell.time, random, cell.kind === 'hang' && cell.call === 'invoke');
    this.#settings = settingsOf(cell, random);
    this.#storesPoisoned = random.chance(0.25);
    this.#objectOf = random.pick(objectForms);
    this.#functions = world.functions[this.#objectOf];
    this.#ends = endsOf(topic.produced);
    [this.#source, this.#mapping] = this.#createMapping();
  }

  async run(): Promise<ScenarioResult> {
    const { call } = this.#cell;
    const { source } = this.#topic;
    if (call === 'put' || call === 'destination') this.#world.s3Fault = this.#putFaults();
    this.#runs.push(this.#mapping.run());
    const { everyMs } = this.#topic;
    const isFinished = await until(() => this.#topic.isDone(), {
      everyMs,
      steps: () => this.#world.created.size + this.#strikes.count + this.#source.committed,
    });
    this.#mapping.stop();
    // The invocations of a killed mapping continue, and what they store counts too.
    await Promise.allSettled(this.#runs);
    this.#world.s3Fault = undefined;
    await this.#replay();
    const invocations = { batches: this.#invoked, objectOf: this.#objectOf };
    const judgement = await judge(this.#world, source.topic, this.#topic.produced, invocations);
    const audited = { topic: source.topic, broker: this.#topic.broker(), ends: this.#ends };
    const problems = [
      ...this.#problems,
      ...(await auditScenario(this.#world, audited, isFinished)),
    ];
    const { count: injected } = this.#strikes;
    const result = { duplicates: 0, injected, isFinished, problems };
    return resultOf(judgement, result, mayOverlap(this.#cell));
  }

  #createMapping(): [FaultySource, EventSourceMapping] {
    const { call, kind, mode } = this.#cell;
    const { source } = this.#topic;
    const origin = {
      topic: source.topic,
      eventSourceArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/faults/00000000-0',
      bootstrapServers: 'localhost:9098',
      nullStyle: this.#random.pick(['null', 'absent']),
    } as const;
    const strikes = this.#strikes;
    const faultySource = new FaultySource(
      source,
      call === 'commit'
        ? {
            kind,
            strikes,
            isLast: (offsets) => this.#reachesEnd(offsets),
            kill: () => this.#kill(),
          }
        : undefined,
    );
    const fn = this.#functions.archive[mode];
    const invoke = faultyInvoke(
      fn,
      call === 'invoke'
        ? { kind, strikes, random: this.#random, isLast: (event) => this.#hasLast(runsOf(event)) }
        : undefined,
    );
    const mapping = new EventSourceMapping({
      source: faultySource,
      origin,
      settings: this.#settings,
      clock: systemClock,
      observe: (event) => {
        if (event.type === 'discarded' && !event.delivered) {
          this.#problems.push(`${event.records.length} records dropped`);
        }
      },
      invoke: (event) => this.#invoke(event, invoke),
      ...(call === 'destination' && {
        onFailure: s3Destination({
          client: this.#world.client,
          bucket: buckets.failed,
          origin,
          functionArn: ARCHIVE_FUNCTION_ARN,
          mappingId: source.topic,
          now: Date.now,
          requestTimeout: DESTINATION_TIMEOUT_MS,
        }),
      }),
    });
    return [faultySource, mapping];
  }

  async #invoke(
    event: string,
    invoke: (event: string) => Promise<InvokeOutcome>,
  ): Promise<InvokeOutcome> {
    const runs = runsOf(event);
    this.#invoked.push(runs);
    this.#invocations += 1;
    this.#disturb();
    const isPoisoned = runs.some(({ first, last }) => first <= POISON && POISON <= last);
    if (this.#cell.call !== 'destination' || !isPoisoned) return invoke(event);
    // It may have stored them, but does not report success.
    if (this.#storesPoisoned) await invoke(event);
    return { kind: 'failed', errorType: 'Poisoned' };
  }

  /** The topology's disturbance while batches are in the function. */
  #disturb(): void {
    if (this.#cell.topology.includes('rebalance')) {
      const pollers = [3, 1, 2][this.#invocations % 3] ?? 1;
      // A mapping that was killed meanwhile refuses to scale.
      if (this.#invocations < 12) void this.#mapping.scale(pollers).catch(() => undefined);
    }
    if (this.#invocations !== 1) return;
    this.#topic.disturb?.().catch((error) => {
      this.#problems.push(`the disturbance failed: ${error}`);
    });
  }

  /** SIGKILL of the mapping's process: a new one starts from the committed offsets. */
  #kill(): void {
    const [source, mapping] = [this.#source, this.#mapping];
    mapping.stop();
    [this.#source, this.#mapping] = this.#createMapping();
    const next = this.#mapping;
    this.#runs.push(source.kill().then(() => next.run()));
  }

  #putFaults() {
    const { call, kind, mode } = this.#cell;
    const isPut = call === 'put';
    const lastPartition = Math.max(...this.#ends.keys());
    return faultyS3({
      operation: 'PutObject',
      bucket: isPut ? buckets.archive : buckets.failed,
      kind,
      strikes: this.#strikes,
      random: this.#random,
      patienceMs: PUT_DEADLINE_MS,
      // A failed batch gets a new key at each try, in the folder of its partition.
      identityOf: (key) => (isPut ? key : key.split('/').slice(0, 4).join('/')),
      isLast: (key) =>
        isPut ? this.#hasLast(parseObjectKey(key)?.runs ?? []) : key.includes(`-${lastPartition}/`),
      kill: () => (isPut ? void this.#functions.archive[mode].signal('SIGKILL') : this.#kill()),
    });
  }

  #hasLast(runs: readonly Pick<NamedRun, 'partition' | 'last'>[]): boolean {
    return runs.some(({ partition, last }) => partition === 0 && last + 1 === this.#ends.get(0));
  }

  #reachesEnd(offsets: Offsets): boolean {
    return offsets.get(0) === this.#ends.get(0);
  }

  /** Replays the failed batches, with the messages that S3's events would cause. */
  async #replay(): Promise<void> {
    const { client } = this.#world;
    const { replay } = this.#functions;
    const bucket = { Bucket: buckets.failed };
    const prefix = `aws/lambda/${this.#topic.source.topic}/`;
    const listed = await client.send(new ListObjectsV2Command({ ...bucket, Prefix: prefix }));
    for (const { Key: key = '' } of listed.Contents ?? []) {
      const { Body } = await client.send(new GetObjectCommand({ ...bucket, Key: key }));
      const { payload } = JSON.parse((await Body?.transformToString()) ?? '{}');
      this.#invoked.push(runsOf(payload));
      const created = { bucket: buckets.failed, key, size: 0, etag: '' };
      const message = { MessageId: key, Body: objectCreatedEvent(created, new Date()) };
      const attributes = { Attributes: { ApproximateReceiveCount: '1' } };
      const event = toQueueEventJson([{ ...message, ...attributes }]);
      let outcome = await replay.invoke(event);
      // A busy machine may need more than one try, which SQS would cause.
      for (let tries = 1; tries < REPLAY_TRIES && !isReplayed(outcome); tries += 1) {
        outcome = await replay.invoke(event);
      }
      if (!isReplayed(outcome)) {
        this.#problems.push(`a replay did not finish its message (${outcome.kind})`);
      }
    }
  }
}

function isReplayed(outcome: InvokeOutcome): boolean {
  return outcome.kind === 'returned' && outcome.payload === NOTHING_KEPT;
}

function settingsOf({ call, mode, topology }: Cell, random: Random): MappingSettings {
  const common = {
    mode,
    batchSize: 4 + random.below(6),
    batchWindow: 0,
    pollers: topology === 'one-partition' ? 1 : 2,
    retryDelayMs: RETRY_DELAY_MS,
    // The matrix tests failing deliveries; abandoned ones have their own conformance case.
    destinationAttempts: 10_000,
  } as const;
  if (mode === 'on-demand') return mappingSettings(common);
  return mappingSettings({
    ...common,
    bisectBatchOnFunctionError: true,
    reportBatchItemFailures: true,
    maximumRetryAttempts: call === 'destination' ? 2 : -1,
    mixPartitions: random.chance(0.5),
    resend: random.pick(['named', 'from lowest']),
  });
}

/** The violations that a judgement contains. */
function judgementProblems(judgement: Judgement, overlapsAllowed: boolean): string[] {
  const { altered, lost, overlaps, overwritten, unexplained } = judgement;
  const counts = { lost, altered, overwritten, unexplained };
  const problems = Object.entries(counts).flatMap(([name, n]) => (n > 0 ? [`${n} ${name}`] : []));
  if (overlaps > 0 && !overlapsAllowed)
    problems.push(`${overlaps} overlaps, where none are allowed`);
  return problems;
}
