import {
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksResultEntry,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import type { CallOptions } from '../../lambda/core/ports.ts';
import { callAws } from '../../lambda/io/aws-errors.ts';

/** A message move task of SQS: it moves messages out of a dead-letter queue. */
export interface MoveTask {
  /** `RUNNING`, `CANCELLING`, or finally `COMPLETED`, `FAILED` or `CANCELLED`. */
  readonly status: string;
  /** Epoch milliseconds. A queue has one task at a time, so this identifies the task. */
  readonly startedAt: number;
  readonly moved: number;
  readonly toMove: number;
  /** Reason of a failure. */
  readonly reason: string | undefined;
}

/** The move tasks of one dead-letter queue. */
export interface MoveTasks {
  /** The most recent task; undefined if there was none recently. */
  latest(options: CallOptions): Promise<MoveTask | undefined>;
  /**
   * Starts a task. SQS refuses it while another one is running.
   *
   * @param maxPerSecond messages per second; undefined lets SQS choose the rate
   */
  start(maxPerSecond: number | undefined, options: CallOptions): Promise<void>;
}

/**
 * Creates the move tasks of a dead-letter queue. They throw an `ArchiverError`, `QUEUE_FAILED` or `STORE_ABORTED`.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 */
export function createMoveTasks(
  client: SQSClient,
  { from, to }: { readonly from: string; readonly to: string },
): MoveTasks {
  return {
    async latest(options) {
      const command = new ListMessageMoveTasksCommand({ SourceArn: from, MaxResults: 10 });
      const call = { code: 'QUEUE_FAILED', action: 'listing the move tasks' } as const;
      const { Results = [] } = await callAws(call, options, (sent) => client.send(command, sent));
      // The order of the list is not documented.
      return Results.map(toTask).toSorted((a, b) => b.startedAt - a.startedAt)[0];
    },

    async start(maxPerSecond, options) {
      const command = new StartMessageMoveTaskCommand({
        SourceArn: from,
        // By default, messages go back to their source queue. Messages that the function sent here have none, and the
        // task would fail.
        DestinationArn: to,
        ...(maxPerSecond !== undefined && { MaxNumberOfMessagesPerSecond: maxPerSecond }),
      });
      const call = { code: 'QUEUE_FAILED', action: 'starting a move task' } as const;
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
