import { join } from 'node:path';
import { StartMessageMoveTaskCommand } from '@aws-sdk/client-sqs';
import type { FunctionEntry } from '../../lib/functions/bundle.ts';
import type { StackSettings } from '../../lib/settings/settings.ts';
import { demoOrigin } from '../../tools/local/demo/demo-topic.ts';
import { EmulatedFunction } from '../../tools/local/lambda/function.ts';
import { ARCHIVE_FUNCTION_ARN, archiveFunction } from '../../tools/local/lambda/local-functions.ts';
import { EventSourceMapping } from '../../tools/local/mapping/event-source-mapping.ts';
import { turn } from '../../tools/local/mapping/manual-clock.ts';
import { MemoryTopic } from '../../tools/local/mapping/memory-topic.ts';
import { s3Destination } from '../../tools/local/mapping/on-failure.ts';
import type { Invoke } from '../../tools/local/mapping/pipeline.ts';
import { mappingSettings } from '../../tools/local/mapping/settings.ts';
import {
  createReplayService,
  type IdleReplayService,
  replayQueues,
  sqsClientOf,
} from '../../tools/local/replay/replay-service.ts';
import { s3ClientOf } from '../../tools/local/s3-client.ts';
import {
  type S3Server,
  type S3ServerOptions,
  startS3Server,
} from '../../tools/local/s3-server/server.ts';
import { ARN_PREFIX } from '../../tools/local/sqs-server/operations.ts';
import type { WatchedResources } from '../definition/definition.ts';
import type { MetricData } from '../metrics/metric-data.ts';
import { AwsMetrics } from './aws-metrics.ts';
import type { SimulatedClock } from './clock.ts';
import { MetricLog } from './emf.ts';
import type { Scenario } from './scenario.ts';

/** What a {@link LocalStack} is made of. */
export interface LocalStackOptions {
  readonly topics: Scenario['topics'];
  readonly settings: StackSettings;
  /** What the metrics call the parts of the stack. */
  readonly resources: WatchedResources;
  /** Makes a function's bundle, and tells its folder. */
  readonly bundle: (name: FunctionEntry) => string;
  readonly clock: SimulatedClock;
  /** The file of the clock. */
  readonly clockFile: string;
  /** Where the buckets lie. */
  readonly folder: string;
  /** Takes what is measured. */
  readonly data: MetricData;
  readonly isThrottled: () => boolean;
  /** Whether the archive bucket denies every put. */
  readonly isDenied: () => boolean;
}

/** Milliseconds before a failed batch is tried again. Not documented for the service. */
export const RETRY_DELAY_MS = 10_000;
/** Bytes that wait in a topic at most: all that comes in the longest incident. */
const MAX_BUFFERED_BYTES = 1024 ** 3;
/** Turns without a line after which the logs are taken to be read to their end. */
const QUIET_TURNS = 100;
const BUCKET = 'archive';
const FAILED_BUCKET = 'failed-batches';

/** The parts of a stack as the emulator has them, by a simulated clock, all of them measured. */
export class LocalStack {
  /** In the order of the options. */
  topics: readonly MemoryTopic[] = [];
  readonly #options: LocalStackOptions;
  readonly #metrics: AwsMetrics;
  readonly #logs: MetricLog[] = [];
  /** What is to be closed, the last first. */
  readonly #closing: (() => void | Promise<void>)[] = [];
  #replay: IdleReplayService | undefined;

  constructor(options: LocalStackOptions) {
    this.#options = options;
    this.#metrics = new AwsMetrics(options.data, options.clock.now);
  }

  async start(): Promise<void> {
    const s3 = await this.#startS3();
    this.#replay = await this.#createReplay(s3);
    this.#startMappings(s3);
  }

  /** Has all failed batches replayed whose time has come. */
  async replayWaiting(): Promise<void> {
    const queue = this.#replay?.sqs.queue(replayQueues.replay);
    while ((queue?.counts().visible ?? 0) > 0 && (await this.#replay?.mapping.poll()));
  }

  /** Puts all dead letters back into the replay queue. */
  async redrive(): Promise<void> {
    if (this.#replay === undefined) return;
    const { sqs } = this.#replay;
    const { deadLetter, replay } = replayQueues;
    const [SourceArn, DestinationArn] = [ARN_PREFIX + deadLetter, ARN_PREFIX + replay];
    const client = sqsClientOf(sqs.endpoint);
    await client.send(new StartMessageMoveTaskCommand({ SourceArn, DestinationArn }));
    client.destroy();
    while (sqs.queue(deadLetter).counts().visible > 0) await turn();
  }

  /** Takes down the metrics that AWS emits every minute. */
  measure(): void {
    const { archiveFunction: name, deadLetterQueue, replayQueue } = this.#options.resources;
    this.#metrics.lag(name, this.topics);
    if (this.#replay === undefined) return;
    const { sqs } = this.#replay;
    this.#metrics.queue(replayQueue, sqs.queue(replayQueues.replay));
    this.#metrics.queue(deadLetterQueue, sqs.queue(replayQueues.deadLetter));
  }

  /** Resolves when all that the functions have printed is read: it comes another way than their answers. */
  async readLogs(): Promise<void> {
    const count = () => this.#logs.reduce((lines, log) => lines + log.lines, 0);
    for (let [quiet, lines] = [0, count()]; quiet < QUIET_TURNS; quiet++) {
      await turn();
      if (count() !== lines) [quiet, lines] = [0, count()];
    }
  }

  /** Ends all. */
  async close(): Promise<void> {
    for (const close of this.#closing.reverse()) await close();
  }

  async #startS3(): Promise<S3Server> {
    const { clock, folder, isDenied } = this.#options;
    const fault: S3ServerOptions['fault'] = ({ bucket, operation }) =>
      bucket === BUCKET && operation === 'PutObject' && isDenied()
        ? { kind: 'error', status: 403, code: 'AccessDenied' }
        : undefined;
    const s3 = await startS3Server({
      ...{ root: folder, buckets: [BUCKET, FAILED_BUCKET], fault },
      now: () => new Date(clock.now()),
      onObjectCreated: (object) => {
        if (object.bucket === FAILED_BUCKET) this.#replay?.notify(object);
      },
    });
    this.#closing.push(() => s3.close());
    return s3;
  }

  async #createReplay(s3: S3Server): Promise<IdleReplayService> {
    const { resources, settings } = this.#options;
    const { replayBatchSize: batchSize, replayConcurrency: concurrency } = settings;
    const { replayRetrySeconds, replayTries } = settings;
    const replay = await createReplayService({
      ...this.#functionPlace('replay', s3),
      ...{ failedBatchBucket: FAILED_BUCKET, replayTries, replayRetrySeconds },
      ...{ batchSize, concurrency, delaySeconds: settings.replayDelaySeconds },
      visibilitySeconds: settings.replayVisibilitySeconds,
      timeoutSeconds: settings.replayTimeoutSeconds,
      wrapInvoke: (fn) =>
        this.#metrics.watchFunction(resources.replayFunction, (event) => fn.invoke(event)),
    });
    this.#closing.push(() => replay.close());
    return replay;
  }

  #startMappings(s3: S3Server): void {
    const { clock, resources, settings, topics } = this.#options;
    const { batchSize, batchWindow } = settings;
    const client = s3ClientOf(s3);
    this.#closing.push(() => client.destroy());
    const invoke = this.#startArchive(s3);
    this.topics = topics.map(({ partitions, topic }) => {
      const source = new MemoryTopic({ topic, partitions, maxBufferedBytes: MAX_BUFFERED_BYTES });
      const origin = demoOrigin(topic, 'localhost:9098');
      const destination = s3Destination({
        ...{ client, bucket: FAILED_BUCKET, origin, mappingId: topic, now: clock.now },
        functionArn: ARCHIVE_FUNCTION_ARN,
      });
      const mapping = new EventSourceMapping({
        ...{ source, origin, invoke, clock },
        settings: mappingSettings({ batchSize, batchWindow, retryDelayMs: RETRY_DELAY_MS }),
        onFailure: (discard) => clock.hold(destination(discard)),
        observe: (event) => {
          const isDropped = event.type === 'discarded' && !event.delivered;
          if (isDropped) this.#metrics.dropped(resources.archiveFunction);
        },
      });
      const running = mapping.run();
      this.#closing.push(() => {
        mapping.stop();
        return running;
      });
      return source;
    });
  }

  #startArchive(s3: S3Server): Invoke {
    const { clock, isThrottled, resources, settings, topics } = this.#options;
    const { reportBatchItemFailures, timeoutSeconds } = settings;
    const place = this.#functionPlace('archive', s3);
    const fn = new EmulatedFunction(
      archiveFunction({ ...place, reportBatchItemFailures, timeoutSeconds }),
      topics.length,
    );
    this.#closing.push(() => fn.close());
    const watched = this.#metrics.watchFunction(resources.archiveFunction, async (event) =>
      isThrottled() ? { kind: 'throttled' } : fn.invoke(event),
    );
    return (event) => clock.hold(watched(event));
  }

  #functionPlace(name: FunctionEntry, { endpoint }: S3Server) {
    const { bundle, clock, clockFile, data, settings } = this.#options;
    const log = new MetricLog((sample) => data.add(sample));
    this.#logs.push(log);
    const { compression, objectPrefix, stackName: serviceName, timeFolder } = settings;
    const runtime = join(import.meta.dirname, 'clocked-runtime.ts');
    return {
      ...{ compression, objectPrefix, serviceName, timeFolder, log },
      ...{ archiveBucket: BUCKET, s3: { endpoint }, codeFolder: bundle(name) },
      ...{ runtimeCommand: [runtime, clockFile], now: clock.now },
    };
  }
}
