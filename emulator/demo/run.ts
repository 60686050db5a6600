import { createWriteStream, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { settingRanges } from '../../lambda/contract.ts';
import type { KafkaConnection } from '../kafka/connection.ts';
import { startKafkaCluster } from '../kafka-cluster/cluster.ts';
import type { EmulatedFunction } from '../lambda/function.ts';
import { archiveFunction } from '../local-functions.ts';
import { createPipeline, type Pipeline } from '../pipeline.ts';
import { s3ClientOf } from '../s3-client.ts';
import { startS3Server } from '../s3-server/server.ts';
import { mappingSettings } from '../settings.ts';
import { archiveAll } from './archive-all.ts';
import { BrokerWatch } from './broker-watch.ts';
import { DemoCluster } from './demo-cluster.ts';
import { type DemoTopic, memoryDemoTopic, ownTopicName } from './demo-topic.ts';
import { demoRecords } from './input.ts';
import { explainKafkaError } from './kafka-errors.ts';
import { isExact, Ledger, total } from './ledger.ts';
import type { DemoOptions } from './options.ts';
import { checkReadable, prepareFolder, ricCommand } from './prepare.ts';
import { readObjects, readRecordLine } from './read-back.ts';
import { count, DemoCounts, demoTable, verdictLines } from './report.ts';

/** What a run of the demo needs from outside. */
export interface DemoDeps {
  /** Folder of the function's bundle. */
  readonly codeFolder: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly print: (line: string) => void;
  /** Replaces the last progress line. */
  readonly progress: (line: string) => void;
}

const BUCKET = 'archive';
const FUNCTION_LOG = 'function.log';
/** Folder of a broker that is started for the run. */
const KAFKA_FOLDER = 'kafka';

/**
 * Runs the demo: has records in topics, archives them through the pipeline, reads all back from S3.
 *
 * @returns whether every offset was stored exactly once, with the key and value that the topic has
 * @throws {ArchiverError} `INVALID_SETTINGS` for an input, folder, broker or topic that cannot be used
 * @throws {KafkaClusterError} when a broker does not start, or fails for good
 */
export async function runDemo(options: DemoOptions, deps: DemoDeps): Promise<boolean> {
  const run = new DemoRun(options, deps);
  try {
    return await run.run();
  } catch (error) {
    throw explainKafkaError(error, 'the brokers fail');
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
  /** What is to be closed, the last first. */
  readonly #closing: (() => Promise<void>)[] = [];

  constructor(options: DemoOptions, deps: DemoDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#watch = new BrokerWatch(this.#counts, deps.print);
  }

  async run(): Promise<boolean> {
    const { ric, input, kafka, out } = this.#options;
    // All that can be refused, before an earlier run's folder is emptied.
    const runtimeCommand = ric ? ricCommand() : undefined;
    if (input !== undefined) checkReadable(input);
    const given = kafka?.connection && (await this.#connect(kafka.connection));
    prepareFolder(out, { always: [BUCKET, FUNCTION_LOG], sometimes: [KAFKA_FOLDER] });
    const log = createWriteStream(join(out, FUNCTION_LOG));
    const s3 = await startS3Server({ root: out, buckets: [BUCKET] });
    this.#closing.push(() => s3.close());
    const topics = await this.#openTopics(given);
    for (const { description } of topics) this.#deps.print(`${description} to ${out}/`);

    const started = this.#deps.now();
    const pipeline = this.#createPipeline(topics, { log, endpoint: s3.endpoint, runtimeCommand });
    await archiveAll({
      topics,
      pipeline,
      counts: this.#counts,
      ledger: this.#ledger,
      progress: this.#deps.progress,
      refused: this.#watch.refused,
    });
    const seconds = (this.#deps.now() - started) / 1000;
    const read = await this.#readBack(s3.endpoint);
    this.#printFigures(read, seconds, pipeline.function);
    return this.#judge();
  }

  /** Closes all, even where one cannot be closed. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.#closing.reverse()) {
      await close().catch((error) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  async #connect(connection: KafkaConnection): Promise<DemoCluster> {
    const topics = this.#options.kafka?.topics ?? [ownTopicName(this.#options)];
    const cluster = await DemoCluster.connect(connection, topics);
    this.#closing.push(() => cluster.close());
    return cluster;
  }

  async #openTopics(given: DemoCluster | undefined): Promise<readonly DemoTopic[]> {
    const { now } = this.#deps;
    if (this.#options.kafka === undefined) return [memoryDemoTopic(this.#options, now())];
    const cluster = given ?? (await this.#connect(await this.#startBroker()));
    const { partitions } = this.#options;
    const records = () => demoRecords(this.#options, now());
    return cluster.open({ partitions, records }, (topic, event) =>
      this.#watch.observe(topic, event),
    );
  }

  async #startBroker(): Promise<KafkaConnection> {
    const { print, progress } = this.#deps;
    const folder = join(this.#options.out, KAFKA_FOLDER);
    const cluster = await startKafkaCluster({ folder, onProgress: progress });
    this.#closing.push(async () => {
      // Not stopped with care: its records are not kept.
      await cluster.killBroker(1);
      rmSync(folder, { recursive: true, force: true });
    });
    print(`Kafka runs at ${cluster.bootstrapServers} until the end`);
    return { brokers: [cluster.bootstrapServers] };
  }

  #createPipeline(topics: readonly DemoTopic[], place: FunctionPlace): Pipeline {
    const { batchSize, batchWindow, pollers, compression, timeFolder } = this.#options;
    const { endpoint, ...rest } = place;
    return createPipeline({
      function: archiveFunction({
        ...rest,
        codeFolder: this.#deps.codeFolder,
        compression,
        timeFolder,
        s3: { endpoint },
        archiveBucket: BUCKET,
        objectPrefix: 'demo/',
        reportBatchItemFailures: false,
        serviceName: 'demo',
      }),
      mappings: topics.map(({ source, origin }) => ({
        source,
        origin,
        settings: mappingSettings({ batchSize, batchWindow, pollers }),
        observe: (event) => this.#counts.observe(event),
      })),
    });
  }

  /** Reads every record back into the ledger, as a user of the archive would: list, get, unpack. */
  async #readBack(endpoint: string): Promise<ReadBack> {
    const client = s3ClientOf({ endpoint });
    const read = { objects: 0, bytesStored: 0, lastKey: '', lastLine: '' };
    let records = 0;
    for await (const { key, bytes, lines } of readObjects(client, BUCKET)) {
      for (const line of lines) this.#ledger.readBack(readRecordLine(line));
      records += lines.length;
      read.objects += 1;
      read.bytesStored += bytes;
      read.lastKey = key;
      read.lastLine = lines.at(-1) ?? '';
      const figures = `${count(read.objects)} objects · ${count(records)} records`;
      this.#deps.progress(`reading back · ${figures}`);
    }
    this.#deps.progress('');
    client.destroy();
    return read;
  }

  #printFigures(read: ReadBack, seconds: number, { coldStarts, maxMemoryMiB }: EmulatedFunction) {
    const { compression, out } = this.#options;
    const { print } = this.#deps;
    print(
      demoTable(this.#counts, {
        ...read,
        seconds,
        compression,
        coldStarts,
        functionMiB: maxMemoryMiB,
        functionLimitMiB: settingRanges.memoryMiB.default,
        emulatorMiB: process.resourceUsage().maxRSS / 1024,
      }),
    );
    if (read.objects > 0) print(`\n${join(out, BUCKET, read.lastKey)} ends:\n${read.lastLine}\n`);
  }

  #judge(): boolean {
    const { print } = this.#deps;
    const verdicts = this.#ledger.verdicts();
    for (const line of verdictLines(verdicts)) print(line);
    if (isExact(total(verdicts.values()))) return true;
    for (const [condition, records] of this.#counts.discarded) {
      print(`given up by the event source mapping: ${records} records (${condition})`);
    }
    if (this.#counts.failures > 0) {
      print(`what the function said is in ${join(this.#options.out, FUNCTION_LOG)}`);
    }
    return false;
  }
}

/** Where the function logs and stores, and what runs it. */
interface FunctionPlace {
  readonly log: Writable;
  readonly endpoint: string;
  readonly runtimeCommand: readonly string[] | undefined;
}

interface ReadBack {
  readonly objects: number;
  readonly bytesStored: number;
  readonly lastKey: string;
  readonly lastLine: string;
}
