import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ArchiverError } from '../../lambda/core/errors.ts';
import { partitionCounts } from '../kafka/check.ts';
import { KafkaTopic } from '../kafka/kafka-topic.ts';
import { archiveFunction } from '../local-functions.ts';
import { s3Destination } from '../on-failure.ts';
import { createPipeline } from '../pipeline.ts';
import { type S3Access, s3ClientOf } from '../s3-client.ts';
import { type S3Server, startS3Server } from '../s3-server/server.ts';
import type { EmulateOptions } from './options.ts';
import { EmulateStatus } from './status.ts';

/** What the emulator needs from outside. */
export interface EmulateDeps {
  /** Folder of the function's bundle. */
  readonly codeFolder: string;
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

/**
 * Archives topics until stopped; then finishes and commits what is in the function.
 *
 * @returns false where it could not go on, as after an offset out of range with `stop`
 * @throws {ArchiverError} `INVALID_SETTINGS` for a cluster, topic or folder that cannot be used
 */
export async function runEmulate(options: EmulateOptions, deps: EmulateDeps): Promise<boolean> {
  const { connection, functionTimeout, out, topics } = options;
  const there = await partitionCounts(connection, topics);
  const missing = topics.filter((topic) => !there.has(topic));
  if (missing.length > 0) {
    const where = connection.brokers.join(', ');
    throw new ArchiverError('INVALID_SETTINGS', `no topic '${missing.join("', '")}' at ${where}`);
  }
  mkdirSync(out, { recursive: true });
  const { s3, server } = await openS3(options, deps);
  const status = new EmulateStatus(deps.now, deps.print);
  const sources = topics.map(
    (topic) =>
      new KafkaTopic({
        ...options,
        topic,
        groupId: options.groupOf(topic),
        observe: (event) => status.kafka(topic, event),
      }),
  );
  const pipeline = createPipeline({
    function: archiveFunction({
      ...options,
      codeFolder: deps.codeFolder,
      s3,
      archiveBucket: options.bucket,
      reportBatchItemFailures: options.mapping.reportBatchItemFailures,
      serviceName: 'emulator',
      timeoutSeconds: functionTimeout,
      log: createWriteStream(join(out, 'function.log'), { flags: 'a' }),
    }),
    mappings: sources.map((source) => mappingOf(source, { options, deps, status, s3 })),
  });
  deps.print(`archiving ${topics.join(', ')} to ${place(options)}; Ctrl-C to stop`);
  const stop = () => {
    deps.print('stopping: finishing what is in the function; Ctrl-C again abandons it');
    pipeline.stop();
  };
  deps.stop.addEventListener('abort', stop);
  const ticker = startStatus(sources, status, deps);
  try {
    if (deps.stop.aborted) stop();
    await pipeline.run();
    return true;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    deps.print(`cannot go on: ${error.message}`);
    return false;
  } finally {
    clearInterval(ticker);
    deps.progress('');
    deps.stop.removeEventListener('abort', stop);
    await pipeline.close();
    await Promise.all(sources.map((source) => source.close()));
    await server?.close();
    deps.print(`stopped: ${status.line()}`);
  }
}

interface Running {
  readonly options: EmulateOptions;
  readonly deps: EmulateDeps;
  readonly status: EmulateStatus;
  readonly s3: S3Access;
}

function mappingOf(source: KafkaTopic, { options, deps, status, s3 }: Running) {
  const { connection, failedBucket, mapping } = options;
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
    ...(failedBucket !== undefined && {
      onFailure: s3Destination({
        client: s3ClientOf(s3),
        bucket: failedBucket,
        origin,
        functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:archive',
        mappingId: source.topic,
        now: deps.now,
      }),
    }),
  };
}

async function openS3(
  { bucket, failedBucket, out, s3Endpoint }: EmulateOptions,
  { environment }: EmulateDeps,
): Promise<{ s3: S3Access; server?: S3Server }> {
  if (s3Endpoint === undefined) {
    const buckets = failedBucket === undefined ? [bucket] : [bucket, failedBucket];
    const server = await startS3Server({ root: out, buckets });
    return { s3: { endpoint: server.endpoint }, server };
  }
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const message = '--s3-endpoint needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
    throw new ArchiverError('INVALID_SETTINGS', message);
  }
  return { s3: { endpoint: s3Endpoint, credentials: { accessKeyId, secretAccessKey } } };
}

function startStatus(sources: readonly KafkaTopic[], status: EmulateStatus, deps: EmulateDeps) {
  let isAsking = false;
  return setInterval(() => {
    deps.progress(status.line());
    if (isAsking) return;
    isAsking = true;
    const asked = sources.map(async (source) => {
      const lags = await source.lag();
      status.lag(
        source.topic,
        [...lags.values()].reduce((sum, each) => sum + each, 0),
      );
    });
    // A cluster that does not answer is told by its pollers.
    void Promise.allSettled(asked).then(() => {
      isAsking = false;
    });
  }, STATUS_MS);
}

function place({ bucket, out, s3Endpoint }: EmulateOptions): string {
  return s3Endpoint === undefined ? join(out, bucket) : `${bucket} at ${s3Endpoint}`;
}
