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
import type { StoreOptions } from '../../lambda/core/ports.ts';
import { callAws } from '../../lambda/io/aws-errors.ts';
import { BATCH_MESSAGES } from '../../lambda/io/sqs-replay-queue.ts';
import { ATTEMPT_MS } from '../aws-calls.ts';

/** A message that nothing replays any more, and why. */
export interface DeadLetter {
  readonly messageId: string;
  /** One of the codes of an `ArchiverError`; undefined where SQS moved the message itself. */
  readonly code: string | undefined;
  readonly reason: string;
  /** As far as the function knew them. */
  readonly condition: string | undefined;
  readonly offsets: string | undefined;
  readonly requestId: string | undefined;
  /** Epoch milliseconds; where SQS moved it, when it was first sent. */
  readonly diedAt: number;
  /** The failed batches that it names: one, or none where it is no message of the replay queue. */
  readonly pointers: readonly FailedBatchPointer[];
}

/** Why a message is dead that has no attributes: the function never answered for it. */
export const TRIES_EXHAUSTED = 'tries exhausted';

/** How to read a dead-letter queue. */
export interface ReadOptions extends StoreOptions {
  /**
   * Seconds to wait for messages. With 0, SQS asks only some of the servers that may have one.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
   */
  readonly waitSeconds: number;
}

/** Seconds for which a message is hidden that is looked at: should this process be killed, no longer. */
const HIDDEN_SECONDS = 60;
/** Receivers at a time: a queue of thousands is then read before the first of them can be seen again. */
const RECEIVERS = 4;
/** Milliseconds between when the function gives a message up and when SQS has it, at most. */
const SAME_TIME_MS = 60_000;
/** Milliseconds in which messages are shown again, also after Ctrl-C. */
const RELEASE_MS = 10_000;

/**
 * Reads the messages of a dead-letter queue and leaves them there: all can be seen again when it is done,
 * however it ends. Those that somebody else is receiving at the time are not among them.
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
 * Deletes those of the dead letters that are done, and leaves the others as {@link readDeadLetters} does.
 *
 * @returns how many
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
      // The latest receipt is the one to release by.
      for (const message of messages) seen.set(message.MessageId ?? '', message);
      // What was seen already can be seen again: this has come round.
      if (!isNew) return;
    }
  });
  // Not before all have stopped: one that goes on would hide others.
  const ends = await Promise.allSettled(receivers);
  const failed = ends.find((end) => end.status === 'rejected');
  const isWhole = failed === undefined && !signal.aborted;
  const { done = [], kept = [] } = Object.groupBy(seen.values(), (message) =>
    isWhole && isDone(toDeadLetter(message)) ? 'done' : 'kept',
  );
  await release(client, url, kept);
  if (failed !== undefined) throw failed.reason;
  if (signal.aborted) throw new ArchiverError('STORE_ABORTED', 'dead letters not read');
  await remove(client, url, { done, ...options });
  return [...seen.values()].map(toDeadLetter);
}

async function receive(
  client: SQSClient,
  url: string,
  { attemptTimeout, waitSeconds }: ReadOptions,
): Promise<readonly Message[]> {
  // Not ended half-way, when messages that were on their way would stay hidden.
  const options = { attemptTimeout, signal: new AbortController().signal };
  const command = new ReceiveMessageCommand({
    QueueUrl: url,
    MaxNumberOfMessages: BATCH_MESSAGES,
    WaitTimeSeconds: waitSeconds,
    VisibilityTimeout: HIDDEN_SECONDS,
    MessageAttributeNames: ['All'],
    MessageSystemAttributeNames: ['SentTimestamp'],
  });
  const call = { code: 'QUEUE_FAILED', action: 'receive from the dead-letter queue' } as const;
  const { Messages = [] } = await callAws(call, options, (sent) => client.send(command, sent));
  return Messages;
}

async function release(client: SQSClient, url: string, messages: readonly Message[]) {
  const options = { signal: AbortSignal.timeout(RELEASE_MS), attemptTimeout: ATTEMPT_MS };
  const call = { code: 'QUEUE_FAILED', action: 'release of dead letters' } as const;
  for (const entries of batchesOf(messages)) {
    const Entries = entries.map((entry) => ({ ...entry, VisibilityTimeout: 0 }));
    const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries });
    // What it does not take can be seen again already.
    await callAws(call, options, (sent) => client.send(command, sent));
  }
}

async function remove(
  client: SQSClient,
  url: string,
  { done, ...options }: StoreOptions & { readonly done: readonly Message[] },
) {
  const call = { code: 'QUEUE_FAILED', action: 'deletion of dead letters' } as const;
  for (const Entries of batchesOf(done)) {
    const command = new DeleteMessageBatchCommand({ QueueUrl: url, Entries });
    const { Failed = [] } = await callAws(call, options, (sent) => client.send(command, sent));
    if (Failed.length === 0) continue;
    const problem = `${call.action} failed: ${Failed.length} are still there`;
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
  // One that was sent back keeps what was said of its death before; if SQS then moves it, that is no more so.
  const isSaid = Number.isNaN(saidAt) || Math.abs(sentAt - saidAt) < SAME_TIME_MS;
  const textOf = (name: string) => (isSaid ? MessageAttributes?.[name]?.StringValue : undefined);
  return {
    messageId: MessageId,
    code: textOf(names.code),
    reason: textOf(names.reason) ?? TRIES_EXHAUSTED,
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
    // It is listed by its id: somebody sent it, and has to look at it.
    return [];
  }
}
