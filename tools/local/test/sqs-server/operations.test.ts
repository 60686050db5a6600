import { randomUUID } from 'node:crypto';
import {
  CancelMessageMoveTaskCommand,
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListMessageMoveTasksCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, it, vi } from 'vitest';
import { failureOf, startQueues } from './running-queues.ts';

const arnOf = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
const manyEntries = Array.from({ length: 11 }, (_, i) => ({ Id: `${i}`, MessageBody: 'x' }));

describe('queues', () => {
  it('are found by name', async () => {
    const { client, endpoint } = await startQueues();
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: 'work' }));
    expect(QueueUrl).toBe(`${endpoint}/000000000000/work`);
    const asked = client.send(new GetQueueUrlCommand({ QueueName: 'other' }));
    expect(await failureOf(asked)).toEqual([400, 'QueueDoesNotExist']);
  });

  it('tell their attributes and counts', async () => {
    const { client, queue, urlOf } = await startQueues();
    for (let i = 0; i < 4; i++) queue('work').send({ body: `${i}`, delaySeconds: i === 0 ? 9 : 0 });
    queue('work').receive(1);
    const QueueUrl = urlOf('work');
    const attributesOf = async (...AttributeNames: 'All'[]) =>
      (await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }))).Attributes;
    expect(await attributesOf('All')).toEqual({
      QueueArn: arnOf('work'),
      ApproximateNumberOfMessages: '2',
      ApproximateNumberOfMessagesNotVisible: '1',
      ApproximateNumberOfMessagesDelayed: '1',
      DelaySeconds: '0',
      VisibilityTimeout: '30',
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf('dead'), maxReceiveCount: 2 }),
    });
    expect(await attributesOf()).toEqual({});
  });

  it('tell the attributes that are asked for', async () => {
    const { client, urlOf } = await startQueues();
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({
        QueueUrl: urlOf('dead'),
        AttributeNames: ['VisibilityTimeout', 'RedrivePolicy'],
      }),
    );
    expect(Attributes).toEqual({ VisibilityTimeout: '30' });
  });
});

describe('messages', () => {
  it('are sent, received and deleted', async () => {
    const { client, queue, urlOf } = await startQueues();
    const QueueUrl = urlOf('work');
    const MessageAttributes = {
      code: { DataType: 'String', StringValue: 'größe 🧾' },
      other: { DataType: 'String', StringValue: 'x' },
    };
    const { MessageId } = await client.send(
      new SendMessageCommand({ QueueUrl, MessageBody: '{"größe":"🧾"}', MessageAttributes }),
    );
    const { Messages } = await client.send(
      new ReceiveMessageCommand({
        ...{ QueueUrl, MessageAttributeNames: ['code'] },
        MessageSystemAttributeNames: ['ApproximateReceiveCount', 'DeadLetterQueueSourceArn'],
      }),
    );
    const { code } = MessageAttributes;
    expect(Messages).toMatchObject([
      {
        ...{ MessageId, Body: '{"größe":"🧾"}', Attributes: { ApproximateReceiveCount: '1' } },
        MessageAttributes: { code },
      },
    ]);
    expect(Object.keys(Messages?.[0]?.MessageAttributes ?? {})).toEqual(['code']);
    const ReceiptHandle = Messages?.[0]?.ReceiptHandle;
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    expect(queue('work').peek()).toEqual([]);
  });

  it('come without attributes where none are asked for, and not at all where there are none', async () => {
    const { client, queue, urlOf } = await startQueues();
    const receive = new ReceiveMessageCommand({ QueueUrl: urlOf('work') });
    expect((await client.send(receive)).Messages).toBeUndefined();
    queue('work').send({ body: 'a' });
    const { Messages } = await client.send(receive);
    expect(Object.keys(Messages?.[0] ?? {}).sort()).toEqual([
      ...['Body', 'MD5OfBody', 'MessageId', 'ReceiptHandle'],
    ]);
  });

  it('are sent and deleted ten at a time', async () => {
    const { client, queue, urlOf } = await startQueues();
    const QueueUrl = urlOf('work');
    const sent = await client.send(
      new SendMessageBatchCommand({ QueueUrl, Entries: manyEntries.slice(0, 10) }),
    );
    expect(sent.Successful?.map(({ Id }) => Id)).toEqual(
      manyEntries.slice(0, 10).map(({ Id }) => Id),
    );
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    const Entries = Messages.slice(0, 9).map(({ ReceiptHandle }, i) => ({
      ...{ Id: `${i}`, ReceiptHandle },
    }));
    await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    expect(queue('work').peek()).toHaveLength(1);
  });

  it('are hidden and shown, one by one and several at a time', async () => {
    const { client, queue, urlOf } = await startQueues();
    const QueueUrl = urlOf('work');
    for (const body of ['a', 'b', 'c']) queue('work').send({ body });
    const [a, ...others] = queue('work').receive(3);
    const receipt = { QueueUrl, ReceiptHandle: a?.receiptHandle };
    await client.send(new ChangeMessageVisibilityCommand({ ...receipt, VisibilityTimeout: 0 }));
    expect(queue('work').counts()).toEqual({ visible: 1, inFlight: 2, delayed: 0 });
    const Entries = others.map(({ id, receiptHandle }) => ({
      ...{ Id: id, ReceiptHandle: receiptHandle, VisibilityTimeout: 0 },
    }));
    await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
    expect(queue('work').counts()).toEqual({ visible: 3, inFlight: 0, delayed: 0 });
  });

  it('that come wake a receiver that waits', async () => {
    const asked: string[] = [];
    const { client, queue, urlOf } = await startQueues({
      fault: (request) => {
        asked.push(`${request.operation} ${request.queue}`);
        return undefined;
      },
    });
    const received = client.send(
      new ReceiveMessageCommand({ QueueUrl: urlOf('work'), WaitTimeSeconds: 20 }),
    );
    await vi.waitFor(() => expect(asked).toEqual(['ReceiveMessage work']));
    queue('work').send({ body: 'a' });
    expect((await received).Messages).toMatchObject([{ Body: 'a' }]);
  });

  it('of a dead-letter queue tell where they came from', async () => {
    const { client, queue, urlOf } = await startQueues();
    queue('work').send({ body: 'a' });
    for (let i = 0; i < 3; i++) queue('work').receive(1, 0);
    const { Messages } = await client.send(
      new ReceiveMessageCommand({ QueueUrl: urlOf('dead'), AttributeNames: ['All'] }),
    );
    expect(Messages).toMatchObject([
      {
        Body: 'a',
        Attributes: { ApproximateReceiveCount: '1', DeadLetterQueueSourceArn: arnOf('work') },
      },
    ]);
  });
});

describe('move tasks', () => {
  it('are started, listed and cancelled', async () => {
    const { client, queue } = await startQueues();
    for (let i = 0; i < 50; i++) queue('dead').send({ body: `${i}` });
    const list = (MaxResults?: number) =>
      client.send(new ListMessageMoveTasksCommand({ SourceArn: arnOf('dead'), MaxResults }));
    const start = new StartMessageMoveTaskCommand({
      ...{ SourceArn: arnOf('dead'), DestinationArn: arnOf('work') },
      MaxNumberOfMessagesPerSecond: 1,
    });
    expect((await list()).Results).toEqual([]);
    const { TaskHandle } = await client.send(start);
    expect((await list()).Results).toMatchObject([
      {
        ...{ TaskHandle, Status: 'RUNNING', SourceArn: arnOf('dead') },
        ...{ ApproximateNumberOfMessagesMoved: 1, ApproximateNumberOfMessagesToMove: 50 },
      },
    ]);
    expect(await failureOf(client.send(start))).toEqual([400, 'UnsupportedOperation']);
    const { ApproximateNumberOfMessagesMoved: moved } = await client.send(
      new CancelMessageMoveTaskCommand({ TaskHandle }),
    );
    expect(moved).toBe(1);
    const { Results = [] } = await list(10);
    expect(Results).toMatchObject([{ Status: 'CANCELLING' }]);
    expect(Results[0]).not.toHaveProperty('TaskHandle');
    expect(queue('work').peek()).toHaveLength(1);
  });

  it.each([
    ['a queue that is no dead-letter queue', 'work', 'dead', 'InvalidParameterValue'],
    ['a source that is not there', 'other', 'work', 'ResourceNotFoundException'],
    ['a destination that is not there', 'dead', 'other', 'ResourceNotFoundException'],
    ['no destination, which this server wants', 'dead', undefined, 'UnsupportedOperation'],
  ])('are refused of %s', async (_, source, destination, name) => {
    const { client } = await startQueues();
    const start = new StartMessageMoveTaskCommand({
      SourceArn: arnOf(source),
      ...(destination !== undefined && { DestinationArn: arnOf(destination) }),
    });
    expect(await failureOf(client.send(start))).toEqual([400, name]);
  });

  it('that are not there cannot be cancelled', async () => {
    const { client } = await startQueues();
    const cancelled = client.send(new CancelMessageMoveTaskCommand({ TaskHandle: 'x' }));
    expect(await failureOf(cancelled)).toEqual([400, 'ResourceNotFoundException']);
  });
});

describe('an operation', () => {
  const QueueUrl = 'http://127.0.0.1:1/000000000000/work';
  const ReceiptHandle = 'unknown';

  it.each([
    [
      'a queue that is not there',
      new SendMessageCommand({ QueueUrl: 'x/other', MessageBody: 'x' }),
      'QueueDoesNotExist',
    ],
    ['no body', new SendMessageCommand({ QueueUrl, MessageBody: '' }), 'MissingParameter'],
    [
      'a delay over 15 minutes',
      new SendMessageCommand({ QueueUrl, MessageBody: 'x', DelaySeconds: 901 }),
      'InvalidParameterValue',
    ],
    ['no entries', new SendMessageBatchCommand({ QueueUrl, Entries: [] }), 'EmptyBatchRequest'],
    [
      'eleven entries',
      new SendMessageBatchCommand({ QueueUrl, Entries: manyEntries }),
      'TooManyEntriesInBatchRequest',
    ],
    [
      'an Id twice',
      new DeleteMessageBatchCommand({
        QueueUrl,
        Entries: ['a', 'a'].map((Id) => ({ Id, ReceiptHandle })),
      }),
      'BatchEntryIdsNotDistinct',
    ],
    [
      'eleven messages at a time',
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 11 }),
      'InvalidParameterValue',
    ],
    [
      'a wait over 20 seconds',
      new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 21 }),
      'InvalidParameterValue',
    ],
    [
      'a visibility over 12 hours',
      new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 43_201 }),
      'InvalidParameterValue',
    ],
    [
      'a receipt that is none',
      new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 1 }),
      'ReceiptHandleIsInvalid',
    ],
    [
      'a message that is not in flight',
      new ChangeMessageVisibilityCommand({
        QueueUrl,
        ReceiptHandle: `${randomUUID()}:${randomUUID()}`,
        VisibilityTimeout: 1,
      }),
      'MessageNotInflight',
    ],
    [
      'no new visibility',
      new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: undefined }),
      'MissingParameter',
    ],
    ['what it does not do', new CreateQueueCommand({ QueueName: 'x' }), 'InvalidAction'],
  ])('is refused with %s', async (_, command, name) => {
    const { client } = await startQueues();
    // Commands of many kinds: each goes where the client's own endpoint is.
    const sent = client.send(command as SendMessageCommand);
    expect(await failureOf(sent)).toEqual([400, name]);
  });
});
