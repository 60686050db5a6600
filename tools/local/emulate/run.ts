import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { partitionCounts } from '../../../kafka/partition-counts.ts';
import { ArchiverError } from '../../../lambda/core/errors.ts';
import type { FunctionEntry } from '../../../lib/functions/bundle.ts';
import { KafkaTopic } from '../kafka/kafka-topic.ts';
import { ARCHIVE_FUNCTION_ARN, archiveFunction } from '../lambda/local-functions.ts';
import { openLog } from '../log-file.ts';
import { s3Destination } from '../mapping/on-failure.ts';
import { createPipeline, type PipelineOptions } from '../mapping/pipeline.ts';
import type { FailedBatches } from '../replay/failed-batches.ts';
import { removeLocalTargets } from '../replay/local-targets.ts';
import { s3ClientOf } from '../s3-client.ts';
import type { EmulateOptions } from './options.ts';
import { EmulateStatus } from './status.ts';
import { type EmulateS3, functionOptions, openS3, startReplay } from './storage.ts';

/** What a run needs from its process. */
export interface EmulateDeps {
  /** Bundles a function, and returns the bundle's folder. */
  readonly bundle: (name: FunctionEntry) => string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly print: (line: string) => void;
  /** Replaces the previous line of status. */
  readonly progress: (line: string) => void;
  /** Aborts when the run is to stop. */
  readonly stop: AbortSignal;
}

const STATUS_MS = 1000;
/** Milliseconds that the brokers may take for the last status. */
const LAST_LOOK_MS = 3000;

/**
 * Archives topics until it is stopped, and replays failed batches; then finishes and commits running
 * invocations.
 *
 * @returns false if it cannot continue, such as after an offset out of range with `stop`
 * @throws {ArchiverError} `INVALID_SETTINGS` or `KAFKA_FAILED` for a cluster, topic, folder or bucket
 *   that cannot be used
 */
export async function runEmulate(options: EmulateOptions, deps: EmulateDeps): Promise<boolean> {
  const { now, print } = deps;
  await checkTopics(options);
  const log = openLog(join(options.out, 'function.log'), 'a');
  const status = new EmulateStatus(now, print);
  const s3 = await openS3(options, deps.environment);
  try {
    const replay = await startReplay(options, s3.access, {
      ...{ now, print, codeFolder: options.failedBucket ? deps.bundle('replay') : '' },
      observe: (event) => status.replay(event),
    });
    const run = new EmulateRun({ options, deps, status, s3, replay });
    return await run.run({
      ...functionOptions(options, s3.access),
      ...{ codeFolder: deps.bundle('archive'), reportBatchItemFailures: false, log },
    });
  } finally {
    removeLocalTargets(options.out);
    await s3.close();
  }
}

async function checkTopics({ connection, topics }: EmulateOptions): Promise<void> {
  const found = await partitionCounts(connection, topics);
  const missing = topics.filter((topic) => !found.has(topic));
  if (missing.length === 0) return;
  const where = connection.brokers.join(', ');
  throw new ArchiverError('INVALID_SETTINGS', `no topic '${missing.join("', '")}' at ${where}`);
}

interface RunParts {
  readonly options: EmulateOptions;
  readonly deps: EmulateDeps;
  readonly status: EmulateStatus;
  readonly s3: EmulateS3;
  readonly replay: FailedBatches | undefined;
}

class EmulateRun {
  readonly #parts: RunParts;
  readonly #sources: readonly KafkaTopic[];
  #looking: Promise<void> | undefined;

  constructor(parts: RunParts) {
    const { options, status } = parts;
    this.#parts = parts;
    this.#sources = options.topics.map(
      (topic) =>
        new KafkaTopic({
          ...options,
          topic,
          groupId: options.groupOf(topic),
          observe: (event) => {
            const isExpected =
              event.type === 'starting position ignored' && !options.isPositionGiven;
            if (!isExpected) status.kafka(topic, event);
          },
        }),
    );
  }

  async run(fn: Parameters<typeof archiveFunction>[0]): Promise<boolean> {
    const { deps, options, replay, s3, status } = this.#parts;
    const pipeline = createPipeline({
      function: archiveFunction(fn),
      mappings: this.#sources.map((source) => this.#mapping(source)),
    });
    deps.print(`archiving ${options.topics.join(', ')} to ${s3.place}; Ctrl-C to stop`);
    const stop = () => {
      deps.print('stopping: finishing running invocations; Ctrl-C again abandons them');
      pipeline.stop();
    };
    deps.stop.addEventListener('abort', stop);
    const ticker = setInterval(() => this.#tick(), STATUS_MS);
    try {
      if (deps.stop.aborted) stop();
      await pipeline.run();
      return true;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      deps.print(`cannot continue: ${error.message}`);
      return false;
    } finally {
      clearInterval(ticker);
      deps.progress('');
      deps.stop.removeEventListener('abort', stop);
      await pipeline.close();
      // The last line shows the final state, unless the brokers do not respond.
      const lastLook = (this.#looking ?? Promise.resolve()).then(() => this.#look());
      await Promise.race([lastLook, sleep(LAST_LOOK_MS, undefined, { ref: false })]);
      await Promise.all(this.#sources.map((source) => source.close()));
      await replay?.close();
      status.failedBatches = replay?.watch.counts();
      deps.print(`stopped: ${status.line()}`);
    }
  }

  #mapping(source: KafkaTopic): PipelineOptions['mappings'][number] {
    const { deps, options, replay, s3, status } = this.#parts;
    const { topic } = source;
    const origin = {
      topic,
      eventSourceArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/emulator/00000000-0',
      bootstrapServers: options.connection.brokers.join(','),
      nullStyle: 'null',
    } as const;
    const destination =
      options.failedBucket === undefined
        ? undefined
        : s3Destination({
            client: s3ClientOf(s3.access),
            bucket: options.failedBucket,
            origin,
            functionArn: ARCHIVE_FUNCTION_ARN,
            mappingId: topic,
            now: deps.now,
            announce: (entry) => replay?.announce(entry),
          });
    return {
      source,
      origin,
      settings: options.mapping,
      observe: (event) => status.mapping(topic, event),
      ...(destination && { onFailure: destination }),
    };
  }

  #tick(): void {
    const { deps, replay, status } = this.#parts;
    status.failedBatches = replay?.watch.counts();
    deps.progress(status.line());
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
  }

  /** Updates the lag and the failed batches. */
  async #look(): Promise<void> {
    const { replay, status } = this.#parts;
    const lags = this.#sources.map(async (source) => {
      const offsets = [...(await source.lag()).values()];
      status.lag(
        source.topic,
        offsets.reduce((sum, each) => sum + each, 0),
      );
    });
    // The pollers report a cluster that does not respond.
    await Promise.allSettled([...lags, replay?.watch.refresh()]);
  }
}
