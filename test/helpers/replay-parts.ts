import { ArchiverError } from '../../lambda/core/errors.ts';
import type { QueueMessage } from '../../lambda/core/failed-batch/queue-event.ts';
import {
  type FailedBatchPointer,
  toReplayMessage,
} from '../../lambda/core/failed-batch/replay-message.ts';
import type {
  CallOptions,
  DeadLetter,
  FailedBatchStore,
  Notification,
  Notifier,
  ReplayFailure,
  ReplayMark,
  ReplayQueue,
  ReplaySummary,
  ReplayTelemetry,
} from '../../lambda/core/ports.ts';
import { createObjectDelivery } from '../../lambda/object-delivery.ts';
import type { ReplayDeps } from '../../lambda/replay-handler.ts';
import { type AllArchiveSettings, archiveParts } from './archive-parts.ts';

/** Failed batches in memory; calls may fail before or after their effect. */
export class MemoryFailedBatches implements FailedBatchStore {
  readonly entries = new Map<string, string>();
  readonly marks = new Map<string, ReplayMark>();
  /** The pointer of every mark, in order. */
  readonly marked: FailedBatchPointer[] = [];
  readonly loaded: FailedBatchPointer[] = [];
  readonly attemptTimeouts: number[] = [];
  failLoad: () => ArchiverError | undefined = () => undefined;
  failMark: (when: 'before' | 'after') => boolean = () => false;

  async load(pointer: FailedBatchPointer, { attemptTimeout, signal }: CallOptions) {
    this.loaded.push(pointer);
    this.attemptTimeouts.push(attemptTimeout);
    if (signal.aborted) throw new ArchiverError('STORE_ABORTED', 'aborted', { retryable: true });
    const failure = this.failLoad();
    if (failure !== undefined) throw failure;
    const entry = this.entries.get(pointer.key);
    if (entry === undefined) throw new ArchiverError('FAILED_BATCH_NOT_FOUND', 'not there');
    // Like a versioned bucket, which names the version that was read.
    return { text: entry, pointer: { ...pointer, versionId: pointer.versionId ?? 'current' } };
  }

  async markReplayed(pointer: FailedBatchPointer, mark: ReplayMark) {
    this.#failIf('before');
    this.marked.push(pointer);
    this.marks.set(pointer.key, mark);
    this.#failIf('after');
  }

  #failIf(when: 'before' | 'after') {
    if (!this.failMark(when)) return;
    throw new ArchiverError('MARK_FAILED', 'SlowDown, HTTP 503', { retryable: true });
  }
}

/** A queue that records its calls, which may fail. */
export class RecordingQueue implements ReplayQueue {
  readonly delays: { receiptHandle: string; seconds: number }[] = [];
  readonly letters: DeadLetter[] = [];
  fails = false;

  async delay(receiptHandle: string, seconds: number) {
    this.#failIf();
    this.delays.push({ receiptHandle, seconds });
  }

  async sendDeadLetter(letter: DeadLetter) {
    this.#failIf();
    this.letters.push(letter);
  }

  #failIf() {
    if (this.fails) throw new ArchiverError('QUEUE_FAILED', 'HTTP 500', { retryable: true });
  }
}

/** Records notifications; may fail, or wait for a promise. */
export class RecordingNotifier implements Notifier {
  readonly notifications: Notification[] = [];
  readonly attemptTimeouts: number[] = [];
  failure: unknown;
  wait: Promise<void> = Promise.resolve();

  async notify(notification: Notification, { attemptTimeout }: CallOptions) {
    this.notifications.push(notification);
    this.attemptTimeouts.push(attemptTimeout);
    await this.wait;
    if (this.failure !== undefined) throw this.failure;
  }
}

export interface RecordingReplayTelemetry extends ReplayTelemetry {
  readonly replayed: ReplaySummary[];
  readonly delayed: { failure: ReplayFailure; seconds: number | undefined }[];
  readonly died: ReplayFailure[];
  readonly untold: { failure: ReplayFailure; error: ArchiverError }[];
  readonly ignored: string[];
  readonly commands: Readonly<Record<string, unknown>>[];
}

function recordingReplayTelemetry(): RecordingReplayTelemetry {
  const told: Pick<
    RecordingReplayTelemetry,
    'replayed' | 'delayed' | 'died' | 'untold' | 'ignored' | 'commands'
  > = { replayed: [], delayed: [], died: [], untold: [], ignored: [], commands: [] };
  return {
    ...told,
    objectStored: () => undefined,
    batchReplayed: (summary) => told.replayed.push(summary),
    batchDelayed: (failure, seconds) => told.delayed.push({ failure, seconds }),
    batchDied: (failure) => told.died.push(failure),
    notificationFailed: (failure, error) => told.untold.push({ failure, error }),
    messageIgnored: (_, messageId) => told.ignored.push(messageId),
    commandDone: (_, result) => told.commands.push(result),
  };
}

export const replaySettings: ReplayDeps['settings'] = {
  failedBatchBucket: 'failed',
  replayTries: 3,
  replayRetrySeconds: 60,
  serviceName: 'KafkaArchive',
  archiveLogGroup: 'archive-log',
};

/** A message that points to a failed batch, received the given number of times. */
export function replayMessage(key: string, tries = 1): QueueMessage {
  return {
    messageId: `message of ${key}`,
    receiptHandle: `receipt of ${key}`,
    body: toReplayMessage({ bucket: 'failed', key }),
    attributes: { ApproximateReceiveCount: String(tries) },
  };
}

/** The replay function's parts, with the archive's delivery into a store in memory. */
export function replayParts(archive: Partial<AllArchiveSettings> = {}) {
  const { clock, deps, store } = archiveParts(archive);
  const failedBatches = new MemoryFailedBatches();
  const queue = new RecordingQueue();
  const notifier = new RecordingNotifier();
  const telemetry = recordingReplayTelemetry();
  const replayDeps: ReplayDeps = {
    ...{ clock, failedBatches, notifier, queue, telemetry, settings: replaySettings },
    delivery: createObjectDelivery(deps),
    random: () => 1,
  };
  const fakes = { clock, failedBatches, notifier, queue, store, telemetry };
  return { ...fakes, archiveDeps: deps, deps: replayDeps };
}
