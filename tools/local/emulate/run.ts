import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { partitionCounts } from '../../../kafka/partition-counts.ts';
import { ArchiverError } from '../../../lambda/core/errors.ts';
import type { FunctionEntry } from '../../../lib/functions/bundle.ts';
import { KafkaTopic } from '../kafka/kafka-topic.ts';
import { ARCHIVE_FUNCTION_ARN, archiveFunction } from '../lambda/local-functions.ts';
import { openLog } from '../log-file.ts';
import { s3Destination } from '../mapping/on-failure.ts';
import { createPipeline, type Pipeline } from '../mapping/pipeline.ts';
import { s3ClientOf } from '../s3-client.ts';
import type { EmulateOptions } from './options.ts';
import { EmulateStatus } from './status.ts';
import { functionPlace, openStorage, type Storage } from './storage.ts';

/** What the emulator needs from outside. */
export interface EmulateDeps {
  /** Makes a function's bundle, and tells its folder. */
  readonly bundle: (name: FunctionEntry) => string;
  /** Credentials for an S3 server of the user's own. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly print: (line: string) => void;
  /** Replaces the last line of status. */
  readonly progress: (line: string) => void;
  /** Asks it to finish. */
  readonly stop: AbortSignal;
}

const STATUS_MS = 1000;
/** Milliseconds that the brokers have for an answer at the end. */
const LAST_LOOK_MS = 3000;

/**
 * Archives topics until stopped, and replays what fails; then finishes and commits what is in the functions.
 *
 * @returns false where it could not go on, as after an offset out of range with `stop`
 * @throws {ArchiverError} `INVALID_SETTINGS` for a cluster, topic, folder, bucket or port that cannot be used
 */
export async function runEmulate(options: EmulateOptions, deps: EmulateDeps): Promise<boolean> {
  await checkTopics(options);
  const log = openLog(join(options.out, 'function.log'), 'a');
  const status = new EmulateStatus(deps.now, deps.print);
  const storage = await openStorage(options, deps, (event) => status.replay(event));
  const sources = options.topics.map(
    (topic) =>
      new KafkaTopic({
        ...options,
        topic,
        groupId: options.groupOf(topic),
        observe: (event) => status.kafka(topic, event),
      }),
  );
  const pipeline = pipelineOf(sources, { options, deps, status, storage, log });
  deps.print(`archiving ${options.topics.join(', ')} to ${storage.place}; Ctrl-C to stop`);
  const stop = () => {
    deps.print('stopping: finishing what is in the function; Ctrl-C again abandons it');
    pipeline.stop();
  };
  deps.stop.addEventListener('abort', stop);
  const watch = new StatusWatch(sources, { deps, status, storage });
  try {
    if (deps.stop.aborted) stop();
    await pipeline.run();
    return true;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    deps.print(`cannot go on: ${error.message}`);
    return false;
  } finally {
    watch.stop();
    deps.progress('');
    deps.stop.removeEventListener('abort', stop);
    await pipeline.close();
    // So that what is told last is how it ended; not for long, where the brokers are gone.
    await Promise.race([watch.look(), sleep(LAST_LOOK_MS, undefined, { ref: false })]);
    await Promise.all(sources.map((source) => source.close()));
    await storage.close();
    status.failedBatches = storage.failedBatches?.watch.counts();
    deps.print(`stopped: ${status.line()}`);
  }
}

async function checkTopics({ connection, topics }: EmulateOptions): Promise<void> {
  const there = await partitionCounts(connection, topics);
  const missing = topics.filter((topic) => !there.has(topic));
  if (missing.length > 0) {
    const where = connection.brokers.join(', ');
    throw new ArchiverError('INVALID_SETTINGS', `no topic '${missing.join("', '")}' at ${where}`);
  }
}

interface Running {
  readonly options: EmulateOptions;
  readonly deps: EmulateDeps;
  readonly status: EmulateStatus;
  readonly storage: Storage;
}

function pipelineOf(
  sources: readonly KafkaTopic[],
  running: Running & { readonly log: Writable },
): Pipeline {
  const { deps, log, options, storage } = running;
  const { reportBatchItemFailures } = options.mapping;
  return createPipeline({
    function: archiveFunction({
      ...functionPlace(options, storage.s3),
      ...{ codeFolder: deps.bundle('archive'), reportBatchItemFailures },
      timeoutSeconds: options.functionTimeout,
      log,
    }),
    mappings: sources.map((source) => mappingOf(source, running)),
  });
}

function mappingOf(source: KafkaTopic, { options, deps, status, storage }: Running) {
  const { connection, failed, mapping } = options;
  const origin = {
    topic: source.topic,
    eventSourceArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/emulator/00000000-0',
    bootstrapServers: connection.brokers.join(','),
    nullStyle: 'null',
  } as const;
  return {
    source,
    origin,
    settings: mapping,
    observe: (event: Parameters<EmulateStatus['mapping']>[1]) =>
      status.mapping(source.topic, event),
    ...(failed && {
      onFailure: s3Destination({
        client: s3ClientOf(storage.s3),
        bucket: failed.bucket,
        origin,
        functionArn: ARCHIVE_FUNCTION_ARN,
        mappingId: source.topic,
        now: deps.now,
        ...(storage.announce && { announce: storage.announce }),
      }),
    }),
  };
}

/** Tells the status every second, and looks for what is to be told of lag and failed batches. */
class StatusWatch {
  readonly #sources: readonly KafkaTopic[];
  readonly #parts: Omit<Running, 'options'>;
  readonly #ticker: NodeJS.Timeout;
  #looking: Promise<void> | undefined;

  constructor(sources: readonly KafkaTopic[], parts: Omit<Running, 'options'>) {
    this.#sources = sources;
    this.#parts = parts;
    this.#ticker = setInterval(() => this.#tick(), STATUS_MS);
  }

  stop(): void {
    clearInterval(this.#ticker);
  }

  /** Looks once more, when an earlier look is over. */
  async look(): Promise<void> {
    await this.#looking;
    await this.#look();
  }

  #tick(): void {
    const { deps, status, storage } = this.#parts;
    status.failedBatches = storage.failedBatches?.watch.counts();
    deps.progress(status.line());
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
  }

  async #look(): Promise<void> {
    const { status, storage } = this.#parts;
    const asked = this.#sources.map(async (source) => {
      const lags = await source.lag();
      status.lag(
        source.topic,
        [...lags.values()].reduce((sum, each) => sum + each, 0),
      );
    });
    // A cluster that does not answer is told by its pollers.
    await Promise.allSettled([...asked, storage.failedBatches?.watch.refresh()]);
  }
}
