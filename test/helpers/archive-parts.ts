import { once } from 'node:events';
import {
  type ArchiveDeps,
  type ArchiveSettings,
  createArchiveHandler,
} from '../../lambda/archive-handler.ts';
import { objectMetadataNames } from '../../lambda/contract.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';
import type {
  BatchSummary,
  CallOptions,
  Clock,
  ObjectStore,
  ObjectSummary,
  StorableObject,
  Telemetry,
} from '../../lambda/core/ports.ts';
import { noEnrichment } from '../../lambda/core/record/enrichment.ts';
import type { InvocationContext, LogContext } from '../../lambda/invocation.ts';
import {
  createObjectDelivery,
  type ObjectDeliveryDeps,
  type ObjectDeliverySettings,
} from '../../lambda/object-delivery.ts';
import { noon } from './kafka-events.ts';

/** Settings of the archive function: for its handler and its delivery. */
export type AllArchiveSettings = ArchiveSettings & ObjectDeliverySettings;

/** Parts of the archive function: for its handler and its delivery. */
export type AllArchiveDeps = Omit<ArchiveDeps, 'delivery'> &
  ObjectDeliveryDeps & { readonly settings: AllArchiveSettings };

/** The archive function's handler, wired as the entry wires it. */
export function archiveHandler(deps: AllArchiveDeps): ReturnType<typeof createArchiveHandler> {
  return createArchiveHandler({ ...deps, delivery: createObjectDelivery(deps) });
}

export const archiveSettings: AllArchiveSettings = {
  objectPrefix: 'shop/',
  timeFolder: 'hour',
  objectOf: 'batch',
  compression: 'gzip',
  level: 6,
  compressOn: 'main thread',
  metadata: { env: 'test' },
  keyEncoding: {},
  valueEncoding: {},
  maxParallelPuts: 4,
  reportBatchItemFailures: false,
};

export const invocation: InvocationContext & LogContext = {
  awsRequestId: 'request-1',
  functionVersion: '7',
  getRemainingTimeInMillis: () => 60_000,
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:replay',
  logGroupName: 'replay-log',
  logStreamName: '2025/11/23/[$LATEST]5f0e',
};

/** An object store in memory, whose puts may fail before or after their effect, or hang. */
export class MemoryObjectStore implements ObjectStore {
  readonly objects = new Map<string, StorableObject>();
  readonly attemptTimeouts: number[] = [];
  creating = 0;
  mostAtOnce = 0;
  fail: (key: string, when: 'before' | 'after') => boolean = () => false;
  hang: (key: string) => boolean = () => false;

  async create(object: StorableObject, { signal, attemptTimeout }: CallOptions) {
    this.attemptTimeouts.push(attemptTimeout);
    this.creating += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.creating);
    // Lets other puts start, as a request would.
    await Promise.resolve();
    this.creating -= 1;
    if (this.hang(object.key) && !signal.aborted) await once(signal, 'abort');
    if (signal.aborted) throw new ArchiverError('STORE_ABORTED', 'aborted', { retryable: true });
    this.#failIf(object.key, 'before');
    if (this.objects.has(object.key)) return 'exists' as const;
    this.objects.set(object.key, object);
    this.#failIf(object.key, 'after');
    return 'created' as const;
  }

  async readSha256(key: string) {
    return this.objects.get(key)?.metadata[objectMetadataNames.sha256];
  }

  #failIf(key: string, when: 'before' | 'after') {
    if (!this.fail(key, when)) return;
    throw new ArchiverError('STORE_WRITE_FAILED', 'SlowDown, HTTP 503', { retryable: true });
  }
}

export interface RecordingTelemetry extends Telemetry {
  readonly stored: ObjectSummary[];
  readonly done: { summary: BatchSummary; failures: readonly ArchiverError[] }[];
  readonly refused: { requestId: string; error: ArchiverError }[];
}

export function recordingTelemetry(): RecordingTelemetry {
  const recording: Pick<RecordingTelemetry, 'stored' | 'done' | 'refused'> = {
    stored: [],
    done: [],
    refused: [],
  };
  return {
    ...recording,
    objectStored: (summary) => recording.stored.push(summary),
    batchDone: (summary, failures) => recording.done.push({ summary, failures }),
    batchRefused: (requestId, error) => recording.refused.push({ requestId, error }),
  };
}

/** A clock that advances by 5 ms on each reading; its deadline passes on `expire`. */
export function fakeClock(): Clock & { expire(): void; readonly timeouts: number[] } {
  const deadline = new AbortController();
  const timeouts: number[] = [];
  let now = noon;
  return {
    now: () => {
      now += 5;
      return now;
    },
    timeout: (milliseconds) => {
      timeouts.push(milliseconds);
      return deadline.signal;
    },
    expire: () => deadline.abort(),
    timeouts,
  };
}

export function archiveParts(settings: Partial<AllArchiveSettings> = {}) {
  const store = new MemoryObjectStore();
  const telemetry = recordingTelemetry();
  const clock = fakeClock();
  const deps: AllArchiveDeps = {
    store,
    telemetry,
    clock,
    enrich: noEnrichment,
    random: () => 0,
    settings: { ...archiveSettings, ...settings },
  };
  return { store, telemetry, clock, deps };
}
