// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
import { createHash } from 'node:crypto';
import { type Fields, ServiceError } from '../json-server.ts';
import { MoveTask } from './move-task.ts';
import type { MessageAttributes, Queue, ReceivedMessage } from './queue.ts';

/** The queues of a server. */
export interface QueueSet {
  readonly queues: ReadonlyMap<string, Queue>;
  /** The move tasks of each source queue, latest first. */
  readonly moveTasks: Map<string, MoveTask[]>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Ends long polls. */
  readonly closing: AbortSignal;
}

type Operation = (set: QueueSet, input: Fields) => object | Promise<object>;

/** Region and account of all queues. */
export const ARN_PREFIX = 'arn:aws:sqs:us-east-1:000000000000:';

/** The format of a receipt handle. */
const RECEIPT = /^[\da-f-]{36}:[\da-f-]{36}$/;

const MAX_BATCH = 10;
const MAX_VISIBILITY_SECONDS = 43_200;

/** The operations that the server implements, by name. */
export const operations: Readonly<Record<string, Operation>> = {
  GetQueueAttributes: (set, input) => {
    const queue = queueOf(set, input);
    const { delayed, inFlight, visible } = queue.counts();
    const { deadLetters, delaySeconds = 0, name, visibilitySeconds = 30 } = queue.settings;
    const all = {
      QueueArn: `${ARN_PREFIX}${name}`,
      ApproximateNumberOfMessages: String(visible),
      ApproximateNumberOfMessagesNotVisible: String(inFlight),
      ApproximateNumberOfMessagesDelayed: String(delayed),
      DelaySeconds: String(delaySeconds),
      VisibilityTimeout: String(visibilitySeconds),
      ...(deadLetters && {
        RedrivePolicy: JSON.stringify({
          deadLetterTargetArn: `${ARN_PREFIX}${deadLetters.queue.settings.name}`,
          maxReceiveCount: deadLetters.maxReceiveCount,
        }),
      }),
    };
    return { Attributes: pick(all, namesOf(input.AttributeNames)) };
  },

  SendMessage: (set, input) => send(queueOf(set, input), input),

  SendMessageBatch: (set, input) => {
    const queue = queueOf(set, input);
    return {
      Successful: entriesOf(input).map((entry) => ({ Id: entry.Id, ...send(queue, entry) })),
      Failed: [],
    };
  },

  ReceiveMessage: async (set, input) => {
    const queue = queueOf(set, input);
    const most = wholeNumber(input, 'MaxNumberOfMessages', { min: 1, max: MAX_BATCH }) ?? 1;
    const wait = wholeNumber(input, 'WaitTimeSeconds', { min: 0, max: 20 }) ?? 0;
    const visibilitySeconds = visibilityOf(input);
    const signal = AbortSignal.any([set.closing, AbortSignal.timeout(wait * 1000)]);
    const received =
      wait === 0
        ? queue.receive(most, visibilitySeconds)
        : await queue.receiveWhenThere(most, { visibilitySeconds, signal });
    const system = [
      ...namesOf(input.AttributeNames),
      ...namesOf(input.MessageSystemAttributeNames),
    ];
    const own = namesOf(input.MessageAttributeNames);
    const Messages = received.map((message) => toMessage(message, system, own));
    return Messages.length === 0 ? {} : { Messages };
  },

  DeleteMessageBatch: (set, input) => {
    const queue = queueOf(set, input);
    return forEachEntry(input, ({ ReceiptHandle: handle }) => queue.delete(String(handle)));
  },

  ChangeMessageVisibility: (set, input) => {
    changeVisibility(queueOf(set, input), input);
    return {};
  },

  ChangeMessageVisibilityBatch: (set, input) => {
    const queue = queueOf(set, input);
    return forEachEntry(input, (entry) => changeVisibility(queue, entry));
  },

  StartMessageMoveTask: (set, input) => {
    const source = queueOfArn(set, input.SourceArn);
    const isSource = [...set.queues.values()].some(
      ({ settings }) => settings.deadLetters?.queue === source,
    );
    if (!isSource) {
      throw new ServiceError('InvalidParameterValue', 'The source is not a dead-letter queue');
    }
    const tasks = set.moveTasks.get(source.settings.name) ?? [];
    if (tasks[0]?.status === 'RUNNING') {
      throw new ServiceError('UnsupportedOperation', 'A task of this queue is already running');
    }
    // Not implemented: moving each message back to the queue it came from.
    if (input.DestinationArn === undefined) {
      throw new ServiceError('UnsupportedOperation', 'This server needs a DestinationArn');
    }
    const destination = queueOfArn(set, input.DestinationArn);
    const range = { min: 1, max: 500 };
    const perSecond = wholeNumber(input, 'MaxNumberOfMessagesPerSecond', range);
    const task = new MoveTask({ source, destination, now: set.now() }, perSecond);
    set.moveTasks.set(source.settings.name, [task, ...tasks]);
    return {};
  },

  ListMessageMoveTasks: (set, { SourceArn, MaxResults = 1 }) => {
    const { name } = queueOfArn(set, SourceArn).settings;
    const tasks = (set.moveTasks.get(name) ?? []).slice(0, Number(MaxResults));
    return {
      Results: tasks.map(({ moved, startedAt, status, toMove }) => ({
        Status: status,
        SourceArn,
        ApproximateNumberOfMessagesMoved: moved,
        ApproximateNumberOfMessagesToMove: toMove,
        StartedTimestamp: startedAt,
      })),
    };
  },
};

function send(queue: Queue, input: Fields) {
  const { MessageBody: body } = input;
  if (typeof body !== 'string' || body === '') {
    throw new ServiceError(
      'MissingParameter',
      'The request must contain the parameter MessageBody',
    );
  }
  const id = queue.send({
    body,
    attributes: input.MessageAttributes as MessageAttributes | undefined,
    delaySeconds: wholeNumber(input, 'DelaySeconds', { min: 0, max: 900 }),
  });
  return { MessageId: id, MD5OfMessageBody: md5(body) };
}

function changeVisibility(queue: Queue, input: Fields): void {
  const seconds = visibilityOf(input);
  if (seconds === undefined) {
    throw new ServiceError('MissingParameter', 'The request must contain VisibilityTimeout');
  }
  if (!RECEIPT.test(String(input.ReceiptHandle))) {
    throw new ServiceError('ReceiptHandleIsInvalid', 'The receipt handle is not valid');
  }
  if (!queue.changeVisibility(String(input.ReceiptHandle), seconds)) {
    throw new ServiceError('MessageNotInflight', 'The message is not in flight');
  }
}

function toMessage(
  message: ReceivedMessage,
  system: readonly string[],
  own: readonly string[],
): object {
  const all = {
    ApproximateReceiveCount: String(message.receiveCount),
    SentTimestamp: String(message.sentAt),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    SenderId: 'emulator',
    ...(message.deadLetterSource !== undefined && {
      DeadLetterQueueSourceArn: `${ARN_PREFIX}${message.deadLetterSource}`,
    }),
  };
  const attributes = pick(all, system);
  const messageAttributes = pick(message.attributes, own);
  return {
    MessageId: message.id,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: md5(message.body),
    ...(Object.keys(attributes).length > 0 && { Attributes: attributes }),
    ...(Object.keys(messageAttributes).length > 0 && { MessageAttributes: messageAttributes }),
  };
}

function queueOf(set: QueueSet, { QueueUrl: url }: Fields): Queue {
  const queue = set.queues.get(String(url).split('/').at(-1) ?? '');
  if (queue !== undefined) return queue;
  throw new ServiceError('QueueDoesNotExist', 'The specified queue does not exist.');
}

function queueOfArn(set: QueueSet, arn: unknown): Queue {
  const queue = set.queues.get(String(arn).split(':').at(-1) ?? '');
  if (queue === undefined) throw new ServiceError('ResourceNotFoundException', 'No such queue');
  return queue;
}

function forEachEntry(input: Fields, action: (entry: Fields) => void): object {
  const entries = entriesOf(input);
  for (const entry of entries) action(entry);
  return { Successful: entries.map(({ Id }) => ({ Id })), Failed: [] };
}

function entriesOf({ Entries: entries }: Fields): readonly Fields[] {
  if (!Array.isArray(entries) || entries.length === 0) {
    throw new ServiceError('EmptyBatchRequest', 'The request contains no entries');
  }
  if (entries.length > MAX_BATCH) {
    throw new ServiceError('TooManyEntriesInBatchRequest', 'A request may contain 10 entries');
  }
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length) {
    throw new ServiceError('BatchEntryIdsNotDistinct', 'An Id is repeated');
  }
  return entries;
}

function visibilityOf(input: Fields): number | undefined {
  return wholeNumber(input, 'VisibilityTimeout', { min: 0, max: MAX_VISIBILITY_SECONDS });
}

function wholeNumber(
  input: Fields,
  name: string,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return Number(value);
  throw new ServiceError('InvalidParameterValue', `${name} must be from ${min} to ${max}`);
}

function namesOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function pick<Value>(
  all: Readonly<Record<string, Value>>,
  names: readonly string[],
): Record<string, Value> {
  const isAsked = (name: string) =>
    names.some((each) => each === 'All' || each === '.*' || each === name);
  return Object.fromEntries(Object.entries(all).filter(([name]) => isAsked(name)));
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
