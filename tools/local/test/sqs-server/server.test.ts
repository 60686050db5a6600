import {
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  ReceiveMessageCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../../test/helpers/eventually.ts';
import { startSqsServer } from '../../sqs-server/server.ts';
import { failureOf, startQueues } from './running-queues.ts';

const arnOf = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;

describe('an SQS server', () => {
  it('reports the redrive policy and the attributes of a queue', async () => {
    const { client, urlOf } = await startQueues();
    const asked = ['QueueArn', 'RedrivePolicy'] as const;
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: urlOf('work'), AttributeNames: [...asked] }),
    );
    expect(Attributes).toEqual({
      QueueArn: arnOf('work'),
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf('dead'), maxReceiveCount: 2 }),
    });
  });

  it('reports where a dead letter came from', async () => {
    const { client, queue, urlOf } = await startQueues();
    queue('work').send({ body: 'a' });
    for (let count = 0; count < 3; count++) queue('work').receive(1, 0);
    const { Messages } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: urlOf('dead'),
        MessageSystemAttributeNames: ['DeadLetterQueueSourceArn'],
      }),
    );
    expect(Messages?.[0]?.Attributes).toEqual({ DeadLetterQueueSourceArn: arnOf('work') });
  });

  it('closes while a receiver waits', async () => {
    const asked = Promise.withResolvers<void>();
    const server = await startQueues({ fault: () => void asked.resolve() });
    const receive = { QueueUrl: server.urlOf('work'), WaitTimeSeconds: 20 };
    const received = server.client
      .send(new ReceiveMessageCommand(receive))
      .then(({ Messages }) => Messages)
      .catch(() => undefined);
    await asked.promise;
    await server.close();
    expect(await received).toBeUndefined();
  });

  it('needs a dead-letter queue before the queue that uses it', async () => {
    const deadLetters = { name: 'dead', maxReceiveCount: 1 };
    const queues = [{ name: 'work', deadLetters }, { name: 'dead' }];
    await expect(startSqsServer({ queues })).rejects.toThrow("no queue 'dead' so far");
  });
});

// Not in the conformance list: moto has no move tasks.
describe('a move task', () => {
  const start = (perSecond?: number) =>
    new StartMessageMoveTaskCommand({
      SourceArn: arnOf('dead'),
      DestinationArn: arnOf('work'),
      MaxNumberOfMessagesPerSecond: perSecond,
    });

  it('moves all messages with their attributes; they count as new messages', async () => {
    const { client, queue } = await startQueues();
    const attributes = { code: { DataType: 'String', StringValue: 'NO_PAYLOAD' } };
    for (let i = 0; i < 23; i++) queue('dead').send({ body: `letter ${i}`, attributes });
    await client.send(start());
    const list = new ListMessageMoveTasksCommand({ SourceArn: arnOf('dead') });
    const task = async () => (await client.send(list)).Results?.[0];
    await eventually(async () =>
      expect(await task()).toMatchObject({
        Status: 'COMPLETED',
        ApproximateNumberOfMessagesMoved: 23,
        ApproximateNumberOfMessagesToMove: 23,
      }),
    );
    expect(queue('dead').peek()).toEqual([]);
    const moved = queue('work').receive(23);
    expect(moved).toHaveLength(23);
    expect(moved[0]).toMatchObject({ attributes, receiveCount: 1, deadLetterSource: undefined });
  });

  it('leaves messages in flight, and moves no more at once than the rate allows', async () => {
    const { client, queue } = await startQueues();
    for (let i = 0; i < 4; i++) queue('dead').send({ body: `letter ${i}` });
    queue('dead').receive(1);
    await client.send(start(1));
    expect(queue('dead').counts()).toEqual({ visible: 2, inFlight: 1, delayed: 0 });
    expect(await failureOf(client.send(start()))).toEqual([400, 'UnsupportedOperation']);
  });

  it('needs a dead-letter queue as its source', async () => {
    const { client } = await startQueues();
    const command = new StartMessageMoveTaskCommand({
      SourceArn: arnOf('work'),
      DestinationArn: arnOf('dead'),
    });
    expect(await failureOf(client.send(command))).toEqual([400, 'InvalidParameterValue']);
  });
});
