import type { SNSClient } from '@aws-sdk/client-sns';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSnsClient, createSnsNotifier } from '../../lambda/io/sns-notifier.ts';
import { type Answer, AnsweringServer } from '../helpers/answering-server.ts';

const topicArn = 'arn:aws:sns:us-east-1:111122223333:on-call';
const notification = {
  subject: 'DEAD LETTER NO_PAYLOAD in KafkaArchive',
  body: 'What happened:\n  é & <b>',
  attributes: { code: 'NO_PAYLOAD', topic: 'orders' },
};
const patient = { signal: new AbortController().signal, attemptTimeout: 10_000 };

const published: Answer = {
  status: 200,
  body: '<PublishResponse><PublishResult><MessageId>m-1</MessageId></PublishResult></PublishResponse>',
};
const refusal = (status: number, code: string): Answer => ({
  status,
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>secret</Message></Error></ErrorResponse>`,
});

let server: AnsweringServer;
let client: SNSClient;

/** The parameters of the publish calls. */
const requests = () =>
  server.requests.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));

const newNotifier = () => createSnsNotifier(client, topicArn);

describe('the notifier', { timeout: 60_000 }, () => {
  beforeEach(async () => {
    server = await AnsweringServer.start('SNS', published);
    // Without jitter there are no pauses.
    client = createSnsClient({ maxConnections: 4, random: () => 0 });
  });

  afterEach(() => {
    client.destroy();
    server.close();
  });

  it('publishes subject, body and attributes to the topic', async () => {
    await newNotifier().notify(notification, patient);
    expect(requests()).toEqual([
      {
        Action: 'Publish',
        Version: '2010-03-31',
        TopicArn: topicArn,
        Subject: notification.subject,
        Message: notification.body,
        'MessageAttributes.entry.1.Name': 'code',
        'MessageAttributes.entry.1.Value.DataType': 'String',
        'MessageAttributes.entry.1.Value.StringValue': 'NO_PAYLOAD',
        'MessageAttributes.entry.2.Name': 'topic',
        'MessageAttributes.entry.2.Value.DataType': 'String',
        'MessageAttributes.entry.2.Value.StringValue': 'orders',
      },
    ]);
  });

  it.each<[string, Answer]>([
    ['a throttle', refusal(400, 'Throttling')],
    ['a server error', refusal(500, 'InternalError')],
    ['a reset connection', 'reset'],
  ])('succeeds despite %s', async (_, answer) => {
    server.answers = [answer];
    await newNotifier().notify(notification, patient);
    expect(requests()).toHaveLength(2);
  });

  it('succeeds after an attempt that got no answer', async () => {
    server.answers = ['hang'];
    await newNotifier().notify(notification, { ...patient, attemptTimeout: 200 });
    expect(requests()).toHaveLength(2);
  });

  it.each([
    [403, 'AuthorizationError'],
    [404, 'NotFound'],
    [400, 'KMSAccessDenied'],
  ])('does not retry HTTP %i %s', async (status, code) => {
    server.answers = [refusal(status, code)];
    await expect(newNotifier().notify(notification, patient)).rejects.toMatchObject({
      code: 'NOTIFY_FAILED',
      retryable: false,
      message: expect.stringMatching(
        new RegExp(`^publish to the alarm topic failed: ${code}\\w*, HTTP ${status}$`),
      ),
    });
    expect(requests()).toHaveLength(1);
  });

  it('ends at the deadline', async () => {
    server.answers = ['hang'];
    const deadline = new AbortController();
    const told = newNotifier().notify(notification, { ...patient, signal: deadline.signal });
    await vi.waitFor(() => expect(requests()).toHaveLength(1));
    deadline.abort();
    await expect(told).rejects.toMatchObject({ code: 'STORE_ABORTED' });
  });
});
