import { SQSClient } from '@aws-sdk/client-sqs';
import { settingRanges } from '../../../lambda/contract.ts';
import { EmulatedFunction } from '../lambda/function.ts';
import { type ReplayFunctionOptions, replayFunction } from '../lambda/local-functions.ts';
import type { InvokeOutcome } from '../mapping/retry-policy.ts';
import type { CreatedObject } from '../s3-server/operation.ts';
import { type SqsServer, type SqsServerOptions, startSqsServer } from '../sqs-server/server.ts';
import { QueueMapping, type QueueMappingEvent } from './queue-mapping.ts';
import { objectCreatedEvent } from './s3-event.ts';

/** Names of the two queues. */
export const replayQueues = { replay: 'replay', deadLetter: 'dead-letter' } as const;

/** Options of the replay; the others are the stack's defaults. */
export interface ReplayServiceOptions
  extends Omit<
    ReplayFunctionOptions,
    'deadLetterQueueUrl' | 'replayQueueUrl' | 'replayTries' | 'sqsEndpoint'
  > {
  /** Seconds before a new failed batch is replayed for the first time. */
  readonly delaySeconds: number;
  /** Seconds after which a message is redelivered if its invocation does not end. */
  readonly visibilitySeconds: number;
  readonly replayTries?: number;
  readonly batchSize?: number;
  readonly concurrency?: number;
  /** @default 0, any free port */
  readonly port?: number;
  readonly fault?: SqsServerOptions['fault'];
  /** Intercepts the invocations of the function. @default nothing */
  readonly wrapInvoke?: (fn: EmulatedFunction) => (event: string) => Promise<InvokeOutcome>;
  readonly observe?: (event: QueueMappingEvent) => void;
}

/** The replay of failed batches: queues, event source mapping and the bundled replay function. */
export interface ReplayService {
  readonly sqs: SqsServer;
  readonly function: EmulatedFunction;
  /** Queues a failed batch for replay, as S3 does when it is created. */
  notify(object: CreatedObject): void;
  /** Stops receiving, awaits running invocations, and closes everything. */
  close(): Promise<void>;
}

/** A replay that does not receive messages yet. */
export interface IdleReplayService extends ReplayService {
  readonly mapping: QueueMapping;
}

/** Starts the replay of failed batches on this machine. */
export async function startReplayService(options: ReplayServiceOptions): Promise<ReplayService> {
  const { mapping, ...service } = await createReplayService(options);
  const running = mapping.run();
  return {
    ...service,
    async close() {
      mapping.stop();
      await running;
      await service.close();
    },
  };
}

/** Creates the replay of failed batches; the caller runs the mapping. */
export async function createReplayService(
  options: ReplayServiceOptions,
): Promise<IdleReplayService> {
  const { now = Date.now } = options;
  const { delaySeconds, fault, observe = () => undefined, port, visibilitySeconds } = options;
  const { wrapInvoke = (each) => (event) => each.invoke(event), ...given } = options;
  const { replayTries = settingRanges.replayTries.default } = options;
  const { batchSize = settingRanges.replayBatchSize.default } = options;
  const { concurrency = settingRanges.replayConcurrency.default } = options;
  const { replay, deadLetter } = replayQueues;
  const sqs = await startSqsServer({
    ...(port !== undefined && { port }),
    ...(fault && { fault }),
    now,
    queues: [
      { name: deadLetter },
      {
        ...{ name: replay, delaySeconds, visibilitySeconds },
        deadLetters: { name: deadLetter, maxReceiveCount: replayTries },
      },
    ],
  });
  const fn = new EmulatedFunction(
    replayFunction({
      ...given,
      replayTries,
      sqsEndpoint: sqs.endpoint,
      replayQueueUrl: sqs.urlOf(replay),
      deadLetterQueueUrl: sqs.urlOf(deadLetter),
    }),
    concurrency,
  );
  const client = sqsClientOf(sqs.endpoint);
  const mapping = new QueueMapping({
    ...{ client, batchSize, concurrency, observe },
    queueUrl: sqs.urlOf(replay),
    invoke: wrapInvoke(fn),
  });
  return {
    ...{ sqs, mapping },
    function: fn,
    notify: (object) => {
      sqs.queue(replay).send({ body: objectCreatedEvent(object, new Date(now())) });
    },
    async close() {
      await fn.close();
      client.destroy();
      await sqs.close();
    },
  };
}

/** Creates a client of a local SQS server. */
export function sqsClientOf(endpoint: string): SQSClient {
  return new SQSClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'emulator', secretAccessKey: 'emulator' },
    maxAttempts: 1,
  });
}
