import assert from 'node:assert/strict';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
  SQSServiceException,
} from '@aws-sdk/client-sqs';

/** Two queues, the one the dead-letter queue of the other after three receipts; empty at first. */
export interface TestQueues {
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly deadLetterUrl: string;
}

/** What the project relies on from SQS. */
export interface QueueCase {
  readonly title: string;
  run(queues: TestQueues): Promise<void>;
}

/** Seconds for which the queue hides a message. */
export const VISIBILITY_SECONDS = 60;
/** Receipts before a message is a dead letter. */
export const MAX_RECEIVE_COUNT = 3;

const send = ({ client, queueUrl }: TestQueues, body: string, delay?: number) =>
  client.send(
    new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: body,
      ...(delay !== undefined && { DelaySeconds: delay }),
    }),
  );

async function receive(
  { client, queueUrl }: Pick<TestQueues, 'client' | 'queueUrl'>,
  options: { readonly wait?: number; readonly hide?: number } = {},
): Promise<readonly Message[]> {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
      WaitTimeSeconds: options.wait ?? 0,
      ...(options.hide !== undefined && { VisibilityTimeout: options.hide }),
    }),
  );
  return Messages;
}

const receiveDead = ({ client, deadLetterUrl }: TestQueues) =>
  receive({ client, queueUrl: deadLetterUrl });

const hide = ({ client, queueUrl }: TestQueues, message: Message | undefined, seconds: number) =>
  client.send(
    new ChangeMessageVisibilityCommand({
      QueueUrl: queueUrl,
      ReceiptHandle: message?.ReceiptHandle,
      VisibilityTimeout: seconds,
    }),
  );

const bodies = (messages: readonly Message[]) => messages.map(({ Body }) => Body);
const counts = (messages: readonly Message[]) =>
  messages.map(({ Attributes }) => Attributes?.ApproximateReceiveCount);

async function countsOf({ client }: TestQueues, url: string): Promise<readonly unknown[]> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
  );
  return [
    Attributes.ApproximateNumberOfMessages,
    Attributes.ApproximateNumberOfMessagesNotVisible,
    Attributes.ApproximateNumberOfMessagesDelayed,
  ];
}

async function refusal(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof SQSServiceException, 'was not refused');
  return error.name;
}

/** All that the project relies on from SQS, but for the tasks that move dead letters back. */
export const queueCases: readonly QueueCase[] = [
  {
    title: 'a message comes as it was sent, with its attributes and that it is the first time',
    async run(queues) {
      const { client, queueUrl } = queues;
      const attributes = { code: { DataType: 'String', StringValue: 'NO_PAYLOAD é' } };
      await client.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: '{"é":"<&>"}',
          MessageAttributes: attributes,
        }),
      );
      const [message, ...more] = await receive(queues);
      assert.deepEqual(more, []);
      assert.equal(message?.Body, '{"é":"<&>"}');
      assert.equal(message.MessageAttributes?.code?.StringValue, 'NO_PAYLOAD é');
      assert.equal(message.Attributes?.ApproximateReceiveCount, '1');
      assert.match(message.Attributes?.SentTimestamp ?? '', /^\d{13}$/);
    },
  },
  {
    title: 'a batch of messages is sent in one request, each of them once',
    async run(queues) {
      const entries = Array.from({ length: 10 }, (_, i) => ({ Id: `e${i}`, MessageBody: `m${i}` }));
      const { Successful = [], Failed = [] } = await queues.client.send(
        new SendMessageBatchCommand({ QueueUrl: queues.queueUrl, Entries: entries }),
      );
      assert.deepEqual([Successful.map(({ Id }) => Id), Failed], [entries.map(({ Id }) => Id), []]);
      const received = [...(await receive(queues)), ...(await receive(queues))];
      assert.deepEqual(bodies(received).sort(), entries.map((each) => each.MessageBody).sort());
    },
  },
  {
    title: 'a message that was received is hidden',
    async run(queues) {
      await send(queues, 'x');
      assert.equal((await receive(queues)).length, 1);
      assert.deepEqual(await receive(queues), []);
      assert.deepEqual(await countsOf(queues, queues.queueUrl), ['0', '1', '0']);
    },
  },
  {
    title: 'it is shown again when told so, as received once more',
    async run(queues) {
      await send(queues, 'x');
      const [first] = await receive(queues);
      await hide(queues, first, 0);
      const again = await receive(queues);
      assert.deepEqual([bodies(again), counts(again)], [['x'], ['2']]);
    },
  },
  {
    title:
      'a changed visibility ends when it says, not when the queue’s own would, and counts no receipt',
    async run(queues) {
      await send(queues, 'x');
      const [first] = await receive(queues);
      await hide(queues, first, 1);
      assert.deepEqual(await receive(queues), []);
      // Far less than the queue's own time; the long poll ends when the message can be seen.
      const started = Date.now();
      const again = await receive(queues, { wait: 20 });
      assert.deepEqual(counts(again), ['2']);
      assert.ok(Date.now() - started < 10_000, 'the long poll did not wake');
    },
  },
  {
    title: 'a receive may hide for another time than the queue’s',
    async run(queues) {
      await send(queues, 'x');
      await receive(queues, { hide: 1 });
      assert.deepEqual(counts(await receive(queues, { wait: 20 })), ['2']);
    },
  },
  {
    title: 'a message that was deleted is gone',
    async run(queues) {
      const { client, queueUrl } = queues;
      await send(queues, 'x');
      const [message] = await receive(queues);
      const ReceiptHandle = message?.ReceiptHandle;
      await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
      assert.deepEqual(await countsOf(queues, queueUrl), ['0', '0', '0']);
    },
  },
  {
    title: 'those of a batch that are deleted are gone, and no others',
    async run(queues) {
      const { client, queueUrl } = queues;
      for (const body of ['a', 'b', 'c']) await send(queues, body);
      const received = await receive(queues);
      const doomed = received.filter(({ Body }) => Body !== 'b');
      const Entries = doomed.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }));
      await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
      for (const message of received.filter(({ Body }) => Body === 'b')) {
        await hide(queues, message, 0);
      }
      assert.deepEqual(bodies(await receive(queues)), ['b']);
    },
  },
  {
    title:
      'in place of a receipt too many, a message goes to the dead-letter queue, attributes and all',
    async run(queues) {
      const { client, queueUrl } = queues;
      await client.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: 'x',
          MessageAttributes: { a: { DataType: 'String', StringValue: 'v' } },
        }),
      );
      for (let count = 1; count <= MAX_RECEIVE_COUNT; count++) {
        const received = await receive(queues);
        assert.deepEqual(counts(received), [String(count)]);
        assert.deepEqual(await receiveDead(queues), []);
        await hide(queues, received[0], 0);
      }
      assert.deepEqual(await receive(queues), []);
      const [dead] = await receiveDead(queues);
      assert.deepEqual([dead?.Body, dead?.MessageAttributes?.a?.StringValue], ['x', 'v']);
    },
  },
  {
    title: 'what is sent to the dead-letter queue itself waits there',
    async run(queues) {
      const { client, deadLetterUrl } = queues;
      await client.send(new SendMessageCommand({ QueueUrl: deadLetterUrl, MessageBody: 'x' }));
      assert.deepEqual(await countsOf(queues, deadLetterUrl), ['1', '0', '0']);
      assert.deepEqual(bodies(await receiveDead(queues)), ['x']);
    },
  },
  {
    title: 'a message may be delayed',
    async run(queues) {
      await send(queues, 'x', 1);
      assert.deepEqual(await receive(queues), []);
      assert.deepEqual(await countsOf(queues, queues.queueUrl), ['0', '0', '1']);
      assert.deepEqual(counts(await receive(queues, { wait: 20 })), ['1']);
    },
  },
  {
    title: 'a long poll without messages ends empty',
    async run(queues) {
      assert.deepEqual(await receive(queues, { wait: 1 }), []);
    },
  },
  {
    title: 'a queue is known by its name, and one that is not there is refused',
    async run({ client, queueUrl }) {
      const name = queueUrl.split('/').at(-1);
      const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: name }));
      assert.equal(QueueUrl?.split('/').at(-1), name);
      const url = `${queueUrl}-missing`;
      const call = client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'x' }));
      assert.equal(await refusal(call), 'QueueDoesNotExist');
    },
  },
  {
    title: 'a receipt that is none is refused',
    async run(queues) {
      const { client, queueUrl } = queues;
      const call = client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: queueUrl,
          ReceiptHandle: 'none',
          VisibilityTimeout: 1,
        }),
      );
      assert.equal(await refusal(call), 'ReceiptHandleIsInvalid');
    },
  },
  {
    title: 'a request with eleven entries, or with an Id twice, is refused',
    async run({ client, queueUrl }) {
      const entries = (ids: readonly string[]) =>
        ids.map((Id) => ({ Id, MessageBody: `body ${Id}` }));
      const sendAll = (ids: readonly string[]) =>
        refusal(
          client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries(ids) })),
        );
      const eleven = Array.from({ length: 11 }, (_, i) => String(i));
      assert.equal(await sendAll(eleven), 'TooManyEntriesInBatchRequest');
      assert.equal(await sendAll(['1', '1']), 'BatchEntryIdsNotDistinct');
    },
  },
];
