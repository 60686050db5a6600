import assert from 'node:assert/strict';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
  SQSServiceException,
} from '@aws-sdk/client-sqs';

/** An empty queue and its dead-letter queue, which gets a message after three receives. */
export interface TestQueues {
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly deadLetterUrl: string;
}

/** One promise of SQS. */
export interface QueueCase {
  readonly title: string;
  run(queues: TestQueues): Promise<void>;
}

/** The queue's visibility timeout in seconds. */
export const VISIBILITY_SECONDS = 60;
/** Receives before a message becomes a dead letter. */
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
  options: { readonly wait?: number; readonly hide?: number; readonly signal?: AbortSignal } = {},
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
    { ...(options.signal && { abortSignal: options.signal }) },
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
  assert.ok(error instanceof SQSServiceException, 'the request was not refused');
  return error.name;
}

/** Everything that the project relies on from SQS, except for move tasks. */
export const queueCases: readonly QueueCase[] = [
  {
    title: 'a message is received with its body, its attributes and a receive count of 1',
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
    title: 'a batch sends each of its messages once',
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
    title: 'a received message is hidden',
    async run(queues) {
      await send(queues, 'x');
      assert.equal((await receive(queues)).length, 1);
      assert.deepEqual(await receive(queues), []);
      assert.deepEqual(await countsOf(queues, queues.queueUrl), ['0', '1', '0']);
    },
  },
  {
    title: 'a message whose visibility is reset to 0 is received again, and counted',
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
      'a changed visibility timeout applies instead of the queue’s, and does not count as a receive',
    async run(queues) {
      await send(queues, 'x');
      const [first] = await receive(queues);
      await hide(queues, first, 1);
      assert.deepEqual(await receive(queues), []);
      // The long poll ends when the message becomes visible, before one that receives nothing.
      const end = new AbortController();
      const idle = receive(
        { ...queues, queueUrl: queues.deadLetterUrl },
        { wait: 20, signal: end.signal },
      ).catch(() => []);
      const again = receive(queues, { wait: 20 });
      const ended = await Promise.race([again, idle]);
      end.abort();
      assert.deepEqual(counts(ended), ['2']);
    },
  },
  {
    title: 'a receive may override the queue’s visibility timeout',
    async run(queues) {
      await send(queues, 'x');
      await receive(queues, { hide: 1 });
      assert.deepEqual(counts(await receive(queues, { wait: 20 })), ['2']);
    },
  },
  {
    title: 'a batch deletes exactly the given messages',
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
      'a message moves to the dead-letter queue, with its attributes, instead of exceeding the maximum receive count',
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
    title: 'a message can be sent to the dead-letter queue directly',
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
    title: 'a long poll without messages returns nothing',
    async run(queues) {
      assert.deepEqual(await receive(queues, { wait: 1 }), []);
    },
  },
  {
    title: 'a missing queue is refused',
    async run({ client, queueUrl }) {
      const url = `${queueUrl}-missing`;
      const call = client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'x' }));
      assert.equal(await refusal(call), 'QueueDoesNotExist');
    },
  },
  {
    title: 'an invalid receipt handle is refused',
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
    title: 'a request with eleven entries or a repeated Id is refused',
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
