import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { deadLetterAttributes as names } from '../../lambda/contract.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';
import {
  type FailedBatchPointer,
  parseReplayMessage,
} from '../../lambda/core/failed-batch/replay-message.ts';
import type { CallOptions } from '../../lambda/core/ports.ts';
import { callAws } from '../../lambda/io/aws-errors.ts';
import { BATCH_MESSAGES } from '../../lambda/io/sqs-replay-queue.ts';
import { ATTEMPT_MS } from '../aws-calls.ts';

/** A message that is no longer retried, and the reason. */
export interface DeadLetter {
  readonly messageId: string;
  /** Code of an `ArchiverError`; undefined if SQS moved the message. */
  readonly code: string | undefined;
  readonly reason: string;
  /** Undefined if the function did not know it; so are the next two. */
  readonly condition: string | undefined;
  readonly offsets: string | undefined;
  readonly requestId: string | undefined;
  /** Epoch milliseconds; if SQS moved the message, the time at which it was first sent. */
  readonly diedAt: number;
  /** The failed batches that it names: one, or none if it is not a message of the replay queue. */
  readonly pointers: readonly FailedBatchPointer[];
}

/** Reason of a dead letter without attributes: every attempt ended without an answer of the function. */
export const ATTEMPTS_EXHAUSTED = 'attempts exhausted';

/** How to read a dead-letter queue. */
export interface ReadOptions extends CallOptions {
  /** Seconds to wait for messages; see `FailedBatchRun`. */
  readonly waitSeconds: number;
}

/** Seconds for which a received message stays hidden, should this process be killed. */
const HIDDEN_SECONDS = 60;
/** Concurrent receivers: enough to read thousands of messages before the first becomes visible again. */
const RECEIVERS = 4;
/** Longest time, in milliseconds, from the function's decision to the arrival of the dead letter in SQS. */
const SAME_TIME_MS = 60_000;
/** Milliseconds to make messages visible again, also after Ctrl-C. */
const RELEASE_MS = 10_000;

/**
 * Reads the messages of a dead-letter queue and leaves them there: all are visible again afterwards, also after a
 * failure. Messages that another reader is receiving at the time are left out.
 *
 * @throws {ArchiverError} `QUEUE_FAILED` or `STORE_ABORTED`
 */
export async function readDeadLetters(
  client: SQSClient,
  url: string,
  options: ReadOptions,
): Promise<readonly DeadLetter[]> {
  return sortOut(client, url, { ...options, isDone: () => false });
}

/**
 * Deletes the dead letters that are done, and leaves the others as {@link readDeadLetters} does.
 *
 * @returns the number of deleted dead letters
 * @throws {ArchiverError} `QUEUE_FAILED` or `STORE_ABORTED`
 */
export async function deleteDeadLetters(
  client: SQSClient,
  url: string,
  options: ReadOptions & { readonly isDone: (letter: DeadLetter) => boolean },
): Promise<number> {
  return (await sortOut(client, url, options)).filter(options.isDone).length;
}

async function sortOut(
  client: SQSClient,
  url: string,
  options: ReadOptions & { readonly isDone: (letter: DeadLetter) => boolean },
): Promise<readonly DeadLetter[]> {
  const { isDone, signal } = options;
  const seen = new Map<string, Message>();
  const receivers = Array.from({ length: RECEIVERS }, async () => {
    while (!signal.aborted) {
      const messages = await receive(client, url, options);
      const isNew = messages.some(({ MessageId = '' }) => !seen.has(MessageId));
      // Only the latest receipt handle can release a message.
      for (const message of messages) seen.set(message.MessageId ?? '', message);
      // Only known messages: the queue has been read once around.
      if (!isNew) return;
    }
  });
  // Wait for all receivers, since one that is still running would hide more messages.
  const ends = await Promise.allSettled(receivers);
  const failed = ends.find((end) => end.status === 'rejected');
  const isWhole = failed === undefined && !signal.aborted;
  const { done = [], kept = [] } = Object.groupBy(seen.values(), (message) =>
    isWhole && isDone(toDeadLetter(message)) ? 'done' : 'kept',
  );
  await release(client, url, kept);
  if (failed !== undefined) throw failed.reason;
  if (signal.aborted) throw new ArchiverError('STORE_ABORTED', 'reading dead letters aborted');
  await remove(client, url, { done, ...options });
  return [...seen.values()].map(toDeadLetter);
}

async function receive(
  client: SQSClient,
  url: string,
  { attemptTimeout, waitSeconds }: ReadOptions,
): Promise<readonly Message[]> {
  // Not aborted half-way, which would leave messages on their way here hidden.
  const options = { attemptTimeout, signal: new AbortController().signal };
  const command = new ReceiveMessageCommand({
    QueueUrl: url,
    MaxNumberOfMessages: BATCH_MESSAGES,
    WaitTimeSeconds: waitSeconds,
    VisibilityTimeout: HIDDEN_SECONDS,
    MessageAttributeNames: ['All'],
    MessageSystemAttributeNames: ['SentTimestamp'],
  });
  const call = { code: 'QUEUE_FAILED', action: 'receiving from the dead-letter queue' } as const;
  const { Messages = [] } = await callAws(call, options, (sent) => client.send(command, sent));
  return Messages;
}

async function release(client: SQSClient, url: string, messages: readonly Message[]) {
  const options = { signal: AbortSignal.timeout(RELEASE_MS), attemptTimeout: ATTEMPT_MS };
  const call = { code: 'QUEUE_FAILED', action: 'releasing dead letters' } as const;
  for (const entries of batchesOf(messages)) {
    const Entries = entries.map((entry) => ({ ...entry, VisibilityTimeout: 0 }));
    const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries });
    // An entry that SQS rejects is visible already.
    await callAws(call, options, (sent) => client.send(command, sent));
  }
}

async function remove(
  client: SQSClient,
  url: string,
  { done, ...options }: CallOptions & { readonly done: readonly Message[] },
) {
  const call = { code: 'QUEUE_FAILED', action: 'deleting dead letters' } as const;
  for (const Entries of batchesOf(done)) {
    const command = new DeleteMessageBatchCommand({ QueueUrl: url, Entries });
    const { Failed = [] } = await callAws(call, options, (sent) => client.send(command, sent));
    if (Failed.length === 0) continue;
    const problem = `${call.action} failed: ${Failed.length} remain`;
    throw new ArchiverError('QUEUE_FAILED', problem, { retryable: true });
  }
}

function batchesOf(messages: readonly Message[]) {
  const entries = messages.map(({ ReceiptHandle }, index) => ({
    Id: String(index),
    ReceiptHandle,
  }));
  return Array.from({ length: Math.ceil(entries.length / BATCH_MESSAGES) }, (_, batch) =>
    entries.slice(batch * BATCH_MESSAGES, (batch + 1) * BATCH_MESSAGES),
  );
}

function toDeadLetter({ Attributes, Body = '', MessageAttributes, MessageId = '' }: Message) {
  const sentAt = Number(Attributes?.SentTimestamp);
  const saidAt = Date.parse(MessageAttributes?.[names.diedAt]?.StringValue ?? '');
  // A message that was redriven keeps its old attributes; if SQS then moves it, they no longer apply.
  const isSaid = Number.isNaN(saidAt) || Math.abs(sentAt - saidAt) < SAME_TIME_MS;
  const textOf = (name: string) => (isSaid ? MessageAttributes?.[name]?.StringValue : undefined);
  return {
    messageId: MessageId,
    code: textOf(names.code),
    reason: textOf(names.reason) ?? ATTEMPTS_EXHAUSTED,
    condition: MessageAttributes?.[names.condition]?.StringValue,
    offsets: MessageAttributes?.[names.offsets]?.StringValue,
    requestId: textOf(names.requestId),
    diedAt: isSaid && !Number.isNaN(saidAt) ? saidAt : sentAt,
    pointers: pointersOf(Body),
  };
}

function pointersOf(body: string): readonly FailedBatchPointer[] {
  try {
    return parseReplayMessage(body);
  } catch (error) {
    if (!(error instanceof ArchiverError)) throw error;
    // Not written by this stack: listed by its id, for its sender to look at.
    return [];
  }
}
