import { s3ClientOf } from '../s3-client.ts';
import type { CreatedObject } from '../s3-server/operation.ts';
import { createFailedBatchBucket } from './failed-batch-bucket.ts';
import {
  type FailedBatchEvent,
  FailedBatchWatch,
  type FailedBatchWatchDeps,
} from './failed-batch-watch.ts';
import { type ReplayServiceOptions, replayQueues, startReplayService } from './replay-service.ts';

/** Options of a run's failed batches. */
export interface FailedBatchesOptions
  extends Omit<ReplayServiceOptions, 'now' | 'observe'>,
    Pick<FailedBatchWatchDeps, 'now'> {
  readonly observe: (event: FailedBatchEvent | ReplayFailed) => void;
}

/** A failed invocation of the replay function; its messages are redelivered. */
export interface ReplayFailed {
  readonly type: 'replay failed';
  readonly errorType: string;
}

/** The failed batches of a bucket and their replay. */
export interface FailedBatches {
  readonly watch: FailedBatchWatch;
  /** The SQS server: `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** URLs of the queues, by purpose. */
  readonly queueUrls: Readonly<Record<keyof typeof replayQueues, string>>;
  /** Queues an entry for replay, as S3 does when it is created. */
  announce(entry: CreatedObject): void;
  /**
   * Queues all entries that are not replayed yet: an earlier run's queue was lost with it.
   *
   * @returns the number of entries
   */
  restore(): Promise<number>;
  /** Finishes running invocations; {@link restore} queues the rest in the next run. */
  close(): Promise<void>;
}

/** Starts and watches the replay of a bucket's failed batches. */
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
      // Read the marks of the last replays.
      await watch.refresh();
      client.destroy();
    },
  };
}
