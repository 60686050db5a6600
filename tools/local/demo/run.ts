import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { LOCAL_TARGETS_FILE } from '../../../cli/failed-batches/local-targets.ts';
import type { KafkaConnection } from '../../../kafka/connection.ts';
import { settingRanges } from '../../../lambda/contract.ts';
import type { FunctionEntry } from '../../../lib/functions/bundle.ts';
import { startKafkaCluster } from '../kafka-cluster/cluster.ts';
import type { EmulatedFunction } from '../lambda/function.ts';
import { archiveFunction } from '../lambda/local-functions.ts';
import { openLog } from '../log-file.ts';
import { createPipeline, type Pipeline } from '../mapping/pipeline.ts';
import { mappingSettings } from '../mapping/settings.ts';
import type { FailedBatches } from '../replay/failed-batches.ts';
import { removeLocalTargets, writeLocalTargets } from '../replay/local-targets.ts';
import { type S3Access, s3ClientOf } from '../s3-client.ts';
import { type S3Server, startS3Server } from '../s3-server/server.ts';
import { archiveAll } from './archive-all.ts';
import { BrokerWatch } from './broker-watch.ts';
import { DemoCluster } from './demo-cluster.ts';
import { type DemoTopic, memoryDemoTopic, ownTopicName } from './demo-topic.ts';
import { DemoFailures, FAILED_BUCKET, type FunctionPlace } from './failures.ts';
import { demoRecords, STANDARD_INPUT } from './input.ts';
import { explainKafkaError } from './kafka-errors.ts';
import { Ledger, total } from './ledger.ts';
import { type DemoOptions, hasFailures } from './options.ts';
import { checkReadable, prepareFolder, ricCommand } from './prepare.ts';
import { type ReadBack, readBack } from './read-back.ts';
import {
  count,
  DemoCounts,
  type DemoFigures,
  demoTable,
  type Guarantee,
  hashedObjectsSentence,
  isKept,
  objectsSentence,
  verdictLines,
} from './report.ts';
import { answerBySql } from './sql-answer.ts';
import { type DemoStream, STREAM, startDemoStream } from './stream.ts';

/** What a run needs from its process. */
export interface DemoDeps {
  /** Bundles a function, and returns the bundle's folder. */
  readonly bundle: (name: FunctionEntry) => string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly print: (line: string) => void;
  /** Replaces the previous line of progress. */
  readonly progress: (line: string) => void;
  /** Resolves when the user no longer needs the servers. */
  readonly waitForUser: () => Promise<void>;
}

const BUCKET = 'archive';
const PREFIX = 'demo/';
const FUNCTION_LOG = 'function.log';
const REPLAY_LOG = 'replay.log';
/** Folder of the run's own broker. */
const KAFKA_FOLDER = 'kafka';

/**
 * Runs the demo: fills topics, archives them through the pipeline, and reads everything back from S3.
 *
 * @returns whether every offset was stored as often as promised, with its key and value
 * @throws {ArchiverError} `INVALID_SETTINGS` or `KAFKA_FAILED` for an input, folder, broker or topic
 *   that cannot be used
 * @throws {KafkaClusterError} if a broker does not start, or fails permanently
 */
export async function runDemo(options: DemoOptions, deps: DemoDeps): Promise<boolean> {
  const run = new DemoRun(options, deps);
  try {
    return await run.run();
  } catch (error) {
    throw explainKafkaError(error, 'the brokers failed');
  } finally {
    await run.close();
  }
}

class DemoRun {
  readonly #options: DemoOptions;
  readonly #deps: DemoDeps;
  readonly #counts = new DemoCounts();
  readonly #ledger = new Ledger();
  readonly #watch: BrokerWatch;
  /** Undefined for a run without failures. */
  readonly #failures: DemoFailures | undefined;
  readonly #guarantee: Guarantee;
  /** To be called at the end, in reverse order. */
  readonly #closing: (() => Promise<void>)[] = [];

  constructor(options: DemoOptions, deps: DemoDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#watch = new BrokerWatch(this.#counts, deps.print);
    this.#failures = hasFailures(options)
      ? new DemoFailures(options, { bucket: BUCKET, stream: STREAM }, deps)
      : undefined;
    this.#guarantee = options.stream ? 'at least once' : 'exactly once';
  }

  async run(): Promise<boolean> {
    const { ric, input, kafka, out } = this.#options;
    // Check everything before emptying the folder of an earlier run.
    const runtimeCommand = ric ? ricCommand() : undefined;
    if (input !== undefined && input !== STANDARD_INPUT) checkReadable(input);
    const given = kafka?.connection && (await this.#connect(kafka.connection));
    const codeFolder = this.#bundle('archive');
    prepareFolder(out, {
      always: [BUCKET, FUNCTION_LOG],
      sometimes: [KAFKA_FOLDER, FAILED_BUCKET, REPLAY_LOG, LOCAL_TARGETS_FILE],
    });
    const s3 = await this.#startS3();
    const stream = await this.#startStream(s3);
    const place = { ...this.#placeOf(s3, runtimeCommand), stream: stream?.access };
    const batches = await this.#startReplay(place);
    const topics = await this.#openTopics(given);
    for (const { description } of topics) this.#deps.print(`${description} to ${out}/`);
    if (stream) this.#deps.print(stream.description);
    const failedFolder = join(out, FAILED_BUCKET);
    for (const line of this.#failures?.describe(failedFolder) ?? []) this.#deps.print(line);

    const started = this.#deps.now();
    const fn = await this.#archive(topics, this.#createPipeline(topics, place, codeFolder));
    const seconds = (this.#deps.now() - started) / 1000;
    await stream?.settle(this.#deps.progress);
    const read = await this.#readBack(place.s3);
    this.#printFigures(read, { seconds, stream: stream?.figures() }, fn);
    const isGood = this.#judge();
    if (isGood && read.objects > 0) {
      await answerBySql({ ...this.#options, folder: join(out, BUCKET) }, read, this.#deps);
    }
    if (batches) await this.#keep(batches, place.s3.endpoint);
    return isGood;
  }

  /** Closes everything, even if one part fails to close. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.#closing.reverse()) {
      await close().catch((error) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  async #startS3(): Promise<S3Server> {
    const s3 = await startS3Server({
      root: this.#options.out,
      buckets: this.#failures ? [BUCKET, FAILED_BUCKET] : [BUCKET],
      ...(this.#failures && { fault: this.#failures.s3Fault }),
    });
    this.#closing.push(() => s3.close());
    return s3;
  }

  async #startStream(s3: S3Server): Promise<DemoStream | undefined> {
    const place = { s3, bucket: BUCKET, objectPrefix: PREFIX };
    const fault = this.#failures?.streamFault;
    const stream = await startDemoStream(this.#options, { ...place, ...(fault && { fault }) });
    if (stream) this.#closing.push(() => stream.close());
    return stream;
  }

  /** Bundles a function with the delivery of the run. */
  #bundle(name: 'archive' | 'replay'): string {
    return this.#deps.bundle(this.#options.stream ? `${name}-firehose` : name);
  }

  async #startReplay(place: FunctionPlace): Promise<FailedBatches | undefined> {
    const failures = this.#failures;
    if (failures === undefined) return undefined;
    const log = openLog(join(this.#options.out, REPLAY_LOG));
    this.#closing.push(() => failures.close());
    return failures.start(place, { codeFolder: this.#bundle('replay'), log });
  }

  async #connect(connection: KafkaConnection): Promise<DemoCluster> {
    const topics = this.#options.kafka?.topics ?? [ownTopicName(this.#options)];
    const cluster = await DemoCluster.connect(connection, topics);
    this.#closing.push(() => cluster.close());
    return cluster;
  }

  async #openTopics(given: DemoCluster | undefined): Promise<readonly DemoTopic[]> {
    const { now, print } = this.#deps;
    const deps = { now: now(), print };
    if (this.#options.kafka === undefined) return [memoryDemoTopic(this.#options, deps)];
    const cluster = given ?? (await this.#connect(await this.#startBroker()));
    const { partitions } = this.#options;
    const records = () => demoRecords(this.#options, deps);
    return cluster.open({ partitions, records }, (topic, event) =>
      this.#watch.observe(topic, event),
    );
  }

  async #startBroker(): Promise<KafkaConnection> {
    const { print, progress } = this.#deps;
    const folder = join(this.#options.out, KAFKA_FOLDER);
    const cluster = await startKafkaCluster({ folder, onProgress: progress });
    this.#closing.push(async () => {
      // No need for a clean shutdown: its records are not kept.
      await cluster.killBroker(1);
      rmSync(folder, { recursive: true, force: true });
    });
    print(`Kafka is running at ${cluster.bootstrapServers} until the end of the demo`);
    return { brokers: [cluster.bootstrapServers] };
  }

  #placeOf({ endpoint }: S3Server, runtimeCommand: readonly string[] | undefined): FunctionPlace {
    const { compression, keyEncoding, objectOf, timeFolder, valueEncoding } = this.#options;
    return {
      ...{ compression, timeFolder, objectOf, keyEncoding, valueEncoding, runtimeCommand },
      ...{ s3: { endpoint }, archiveBucket: BUCKET, objectPrefix: PREFIX, serviceName: 'demo' },
    };
  }

  #createPipeline(
    topics: readonly DemoTopic[],
    place: FunctionPlace,
    codeFolder: string,
  ): Pipeline {
    const failures = this.#failures;
    const { batchSize, batchWindow, out, pollers } = this.#options;
    const settings = failures?.mapping ?? mappingSettings({ batchSize, batchWindow, pollers });
    const timeoutSeconds = failures?.timeoutSeconds;
    return createPipeline({
      function: archiveFunction({
        ...{ ...place, codeFolder, reportBatchItemFailures: false },
        ...(timeoutSeconds !== undefined && { timeoutSeconds }),
        log: openLog(join(out, FUNCTION_LOG)),
      }),
      ...(failures && { wrapInvoke: failures.wrapInvoke }),
      mappings: topics.map(({ source, origin }) => ({
        ...{ source, origin, settings },
        ...(failures && { onFailure: failures.destination(place.s3.endpoint, origin) }),
        observe: (event) => {
          this.#counts.observe(event);
          failures?.observe(event);
        },
      })),
    });
  }

  /** Archives everything, including replays. */
  async #archive(topics: readonly DemoTopic[], pipeline: Pipeline): Promise<EmulatedFunction> {
    const failures = this.#failures;
    const { progress } = this.#deps;
    await archiveAll({
      ...{ topics, pipeline, counts: this.#counts, ledger: this.#ledger },
      progress: (line) => progress(failures ? `${line} · ${failures.line()}` : line),
      isPatient: failures !== undefined,
      refused: this.#watch.refused,
    });
    await failures?.settle(progress);
    return pipeline.function;
  }

  async #readBack(s3: S3Access): Promise<ReadBack> {
    const { progress } = this.#deps;
    const client = s3ClientOf(s3);
    const archive = { client, bucket: BUCKET, prefix: PREFIX };
    const read = await readBack(archive, this.#ledger, ({ objects, records }) =>
      progress(`reading back · ${count(objects)} objects · ${count(records)} records`),
    );
    progress('');
    client.destroy();
    return read;
  }

  #printFigures(
    read: ReadBack,
    { seconds, stream }: Pick<DemoFigures, 'seconds' | 'stream'>,
    { coldStarts, maxMemoryMiB }: EmulatedFunction,
  ) {
    const { compression, out } = this.#options;
    const { print } = this.#deps;
    const archive = join(out, BUCKET);
    const replay = this.#failures?.figures();
    print(
      demoTable(this.#counts, {
        ...read,
        ...(replay && {
          replay: stream ? { records: read.records, ...replay } : { ...read, ...replay },
        }),
        ...{ seconds, stream },
        compression,
        coldStarts,
        functionMiB: maxMemoryMiB,
        functionLimitMiB: settingRanges.memoryMiB.default,
        emulatorMiB: process.resourceUsage().maxRSS / 1024,
      }),
    );
    if (read.objects === 0) return;
    if (!stream) print(`\n${objectsSentence(this.#options)}`);
    if (read.hashedObjects > 0) print(hashedObjectsSentence(read, archive));
    print(`\nlast line of ${join(archive, read.lastFile)}:\n${read.lastLine}\n`);
  }

  #judge(): boolean {
    const { print } = this.#deps;
    const verdicts = this.#ledger.verdicts();
    const leftovers = this.#failures?.leftovers() ?? [];
    const guarantee = this.#guarantee;
    for (const line of [...verdictLines(verdicts, guarantee), ...leftovers]) print(line);
    const isGood = isKept(guarantee, total(verdicts.values()));
    if (isGood && leftovers.length === 0) return true;
    for (const [condition, records] of this.#counts.discarded) {
      print(`dropped by the event source mapping: ${records} records (${condition})`);
    }
    if (this.#counts.failures > 0) {
      print(`the function's log is ${join(this.#options.out, FUNCTION_LOG)}`);
    }
    return false;
  }

  /** Prints where the failed batches are, and keeps the servers running if the user wants it. */
  async #keep(batches: FailedBatches, s3Endpoint: string): Promise<void> {
    const { print, waitForUser } = this.#deps;
    const { keep, out } = this.#options;
    print(`failed batches are in ${join(out, FAILED_BUCKET)}/`);
    if (!keep) return;
    for (const line of this.#failures?.restoreAccess() ?? []) print(line);
    print(
      `S3 at ${s3Endpoint} and SQS at ${batches.endpoint} keep running until Ctrl-C; inspect them with:`,
    );
    writeLocalTargets({ out, bucket: FAILED_BUCKET, s3Endpoint }, batches);
    print(`npm run archive -- status --local ${out}`);
    try {
      await waitForUser();
    } finally {
      removeLocalTargets(out);
    }
  }
}
