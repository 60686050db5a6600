import { s3ClientOf } from '../s3-client.ts';
import type { CreatedObject } from '../s3-server/operation.ts';
import { createFailedBatchBucket } from './failed-batch-bucket.ts';
import {
  type FailedBatchEvent,
  FailedBatchWatch,
  type FailedBatchWatchDeps,
} from './failed-batch-watch.ts';
import { type ReplayServiceOptions, replayQueues, startReplayService } from './replay-service.ts';

/** What a run decides of its failed batches. */
export interface FailedBatchesOptions
  extends Omit<ReplayServiceOptions, 'now' | 'observe'>,
    Pick<FailedBatchWatchDeps, 'now'> {
  readonly observe: (event: FailedBatchEvent | ReplayFailed) => void;
}

/** An invocation of the replay function that failed as a whole: its messages come again. */
export interface ReplayFailed {
  readonly type: 'replay failed';
  readonly errorType: string;
}

/** The failed batches of a bucket on their way back. */
export interface FailedBatches {
  readonly watch: FailedBatchWatch;
  /** Of the queues: `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** By what the queues are for. */
  readonly queueUrls: Readonly<Record<keyof typeof replayQueues, string>>;
  /** Has an entry replayed: what S3 does when one was created. */
  announce(entry: CreatedObject): void;
  /**
   * Has all entries replayed that are not: the queue of an earlier run is gone with it.
   *
   * @returns how many
   */
  restore(): Promise<number>;
  /** Finishes what is in the replay function; what is queued is for {@link restore}. */
  close(): Promise<void>;
}

/** Starts the replay of a bucket's failed batches, and watches them. */
export async function startFailedBatches(options: FailedBatchesOptions): Promise<FailedBatches> {
  const { failedBatchBucket, now, observe, s3 } = options;
  const client = s3ClientOf(s3);
  const bucket = createFailedBatchBucket(client, failedBatchBucket);
  const service = await startReplayService({
    ...options,
    observe: (event) => {
      if (event.type !== 'invoked') return;
      const { done, outcome } = event;
      if (outcome.kind === 'failed')
        observe({ type: 'replay failed', errorType: outcome.errorType });
      watch.done(done);
    },
  });
  const watch = new FailedBatchWatch({
    isReplayed: bucket.isReplayed,
    deadLetters: () => service.sqs.queue(replayQueues.deadLetter).peek(),
    ...{ now, observe },
  });
  const announce = (entry: CreatedObject) => {
    watch.kept(entry.key);
    service.notify(entry);
  };
  const { endpoint, urlOf } = service.sqs;
  return {
    ...{ watch, announce, endpoint },
    queueUrls: { replay: urlOf(replayQueues.replay), deadLetter: urlOf(replayQueues.deadLetter) },
    async restore() {
      let restored = 0;
      for await (const entry of bucket.unreplayed()) {
        announce(entry);
        restored += 1;
      }
      return restored;
    },
    async close() {
      await service.close();
      // Marks of what was replayed last.
      await watch.refresh();
      client.destroy();
    },
  };
}
