import {
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksResultEntry,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import type { StoreOptions } from '../../lambda/core/ports.ts';
import { callAws } from '../../lambda/io/aws-errors.ts';

/** A task that moves messages out of a dead-letter queue. */
export interface MoveTask {
  /** `RUNNING`, `CANCELLING`, or how it ended: `COMPLETED`, `FAILED`, `CANCELLED`. */
  readonly status: string;
  /** Epoch milliseconds: one queue has one task at a time, so this tells two apart. */
  readonly startedAt: number;
  readonly moved: number;
  readonly toMove: number;
  /** Why it failed. */
  readonly reason: string | undefined;
}

/** The tasks of one dead-letter queue. */
export interface MoveTasks {
  /** The one that began last; undefined where there was none lately. */
  latest(options: StoreOptions): Promise<MoveTask | undefined>;
  /**
   * Begins one. SQS refuses it while one is running.
   *
   * @param maxPerSecond messages; as many as SQS sees fit where it is undefined
   */
  start(maxPerSecond: number | undefined, options: StoreOptions): Promise<void>;
}

/**
 * The tasks of a dead-letter queue in SQS. They throw an `ArchiverError`, `QUEUE_FAILED` or `STORE_ABORTED`.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 */
export function createMoveTasks(
  client: SQSClient,
  { from, to }: { readonly from: string; readonly to: string },
): MoveTasks {
  return {
    async latest(options) {
      const command = new ListMessageMoveTasksCommand({ SourceArn: from, MaxResults: 10 });
      const call = { code: 'QUEUE_FAILED', action: 'list of move tasks' } as const;
      const { Results = [] } = await callAws(call, options, (sent) => client.send(command, sent));
      // In which order they come is not documented.
      return Results.map(toTask).toSorted((a, b) => b.startedAt - a.startedAt)[0];
    },

    async start(maxPerSecond, options) {
      const command = new StartMessageMoveTaskCommand({
        SourceArn: from,
        // Without it messages go back to the queue they came from, and those that the function itself put
        // here came from none: the task would fail.
        DestinationArn: to,
        ...(maxPerSecond !== undefined && { MaxNumberOfMessagesPerSecond: maxPerSecond }),
      });
      const call = { code: 'QUEUE_FAILED', action: 'start of a move task' } as const;
      await callAws(call, options, (sent) => client.send(command, sent));
    },
  };
}

function toTask(entry: ListMessageMoveTasksResultEntry): MoveTask {
  return {
    status: entry.Status ?? 'unknown',
    startedAt: entry.StartedTimestamp ?? 0,
    moved: entry.ApproximateNumberOfMessagesMoved ?? 0,
    toMove: entry.ApproximateNumberOfMessagesToMove ?? 0,
    reason: entry.FailureReason,
  };
}
