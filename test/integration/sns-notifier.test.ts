import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { SNSClient } from '@aws-sdk/client-sns';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSnsClient, createSnsNotifier } from '../../lambda/io/sns-notifier.ts';

/** What the server does with a request: answers, closes the connection, or nothing. */
type Answer = { readonly status: number; readonly xml: string } | 'reset' | 'hang';

const topicArn = 'arn:aws:sns:us-east-1:111122223333:on-call';
const notification = {
  subject: 'DEAD LETTER NO_PAYLOAD in KafkaArchive',
  body: 'What happened:\n  é & <b>',
  attributes: { code: 'NO_PAYLOAD', topic: 'orders' },
};
const patient = { signal: new AbortController().signal, attemptTimeout: 10_000 };

const published: Answer = {
  status: 200,
  xml: '<PublishResponse><PublishResult><MessageId>m-1</MessageId></PublishResult></PublishResponse>',
};
const refusal = (status: number, code: string): Answer => ({
  status,
  xml: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>secret</Message></Error></ErrorResponse>`,
});

let server: http.Server;
let client: SNSClient;
let requests: Readonly<Record<string, string>>[];
/** To the next requests; after them, each is published. */
let answers: Answer[];

const newNotifier = () => createSnsNotifier(client, topicArn);

async function serve(request: http.IncomingMessage, response: http.ServerResponse) {
  requests.push(Object.fromEntries(new URLSearchParams(await text(request))));
  const answer = answers.shift() ?? published;
  if (answer === 'reset') response.destroy();
  else if (answer !== 'hang') response.writeHead(answer.status).end(answer.xml);
}

describe('the notifier', { timeout: 60_000 }, () => {
  beforeEach(async () => {
    requests = [];
    answers = [];
    server = http.createServer((request, response) => void serve(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    vi.stubEnv('AWS_ENDPOINT_URL_SNS', `http://127.0.0.1:${port}`);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    // No jitter is no pause.
    client = createSnsClient({ maxConnections: 4, random: () => 0 });
  });

  afterEach(() => {
    client.destroy();
    server.close();
    server.closeAllConnections();
    vi.unstubAllEnvs();
  });

  it('publishes to the topic: subject, body, and attributes to filter by', async () => {
    await newNotifier().notify(notification, patient);
    expect(requests).toEqual([
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
  ])('gets past %s', async (_, answer) => {
    answers = [answer];
    await newNotifier().notify(notification, patient);
    expect(requests).toHaveLength(2);
  });

  it('gets past an attempt that is not answered', async () => {
    answers = ['hang'];
    await newNotifier().notify(notification, { ...patient, attemptTimeout: 200 });
    expect(requests).toHaveLength(2);
  });

  it.each([
    [403, 'AuthorizationError'],
    [404, 'NotFound'],
    [400, 'KMSAccessDenied'],
  ])('does not insist on HTTP %i %s', async (status, code) => {
    answers = [refusal(status, code)];
    await expect(newNotifier().notify(notification, patient)).rejects.toMatchObject({
      code: 'NOTIFY_FAILED',
      retryable: false,
      message: expect.stringMatching(
        new RegExp(`^publish to the alarm topic failed: ${code}\\w*, HTTP ${status}$`),
      ),
    });
    expect(requests).toHaveLength(1);
  });

  it('is given up when time is over', async () => {
    answers = ['hang'];
    const deadline = new AbortController();
    const told = newNotifier().notify(notification, { ...patient, signal: deadline.signal });
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    deadline.abort();
    await expect(told).rejects.toMatchObject({ code: 'STORE_ABORTED' });
  });
});
