import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Admin } from '@platformatic/kafka';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTrialHandler } from '../../examples/trial-cluster/function/handler.ts';
import type {
  StackRequest,
  StackResponse,
} from '../../examples/trial-cluster/function/stack-request.ts';
import { createTrialTopics } from '../../examples/trial-cluster/function/topics.ts';
import { clientOptions } from '../../kafka/connection.ts';
import { systemClock } from '../../lambda/io/clock.ts';
import { endOffsets } from '../../tools/local/kafka/kafka-topic.ts';
import { type KafkaCluster, startKafkaCluster } from '../../tools/local/kafka-cluster/cluster.ts';
import { invocation } from '../helpers/archive-parts.ts';

let folder: string;
let cluster: KafkaCluster;
let admin: Admin;
let handler: ReturnType<typeof createTrialHandler>;
const answers: StackResponse[] = [];

const WAIT = { timeout: 10_000, interval: 100 };

/** The secured listener takes OAUTHBEARER, with Kafka's own tokens for trials, which are not signed. */
const takesTokens = {
  'listener.name.secured.sasl.enabled.mechanisms': 'OAUTHBEARER',
  'listener.name.secured.oauthbearer.sasl.jaas.config':
    'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";',
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trial-'));
  cluster = await startKafkaCluster({
    folder: join(folder, 'kafka'),
    secure: true,
    properties: { 'auto.create.topics.enable': 'false', ...takesTokens },
  });
  const { bootstrapServers } = cluster;
  admin = new Admin(clientOptions({ brokers: [bootstrapServers] }));
  handler = createTrialHandler({
    topics: createTrialTopics({ bootstrapBrokers: [bootstrapServers] }),
    clock: systemClock,
    respond: async (_, response) => {
      answers.push(response);
    },
    pause: () => Promise.reject(new Error('a second try')),
  });
});

afterAll(async () => {
  await admin.close();
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

const create = (topics: readonly string[], partitions: string): StackRequest => ({
  RequestType: 'Create',
  ResponseURL: 'https://example.com/answer',
  StackId: 'stack-1',
  RequestId: 'request-1',
  LogicalResourceId: 'Topics',
  ResourceProperties: { Topics: topics, Partitions: partitions },
});

/** Partitions of each topic of the cluster. */
async function partitions(): Promise<Record<string, number>> {
  const topics = await admin.listTopics();
  const metadata = await admin.metadata({ topics });
  return Object.fromEntries(
    [...metadata.topics].map(([name, { partitionsCount }]) => [name, partitionsCount] as const),
  );
}

it('creates topics with their partitions, and leaves existing ones as they are', async () => {
  await handler(create(['orders', 'payments'], '3'), invocation);
  // A broker knows of a topic a moment after it was created.
  await expect.poll(partitions, WAIT).toEqual({ orders: 3, payments: 3 });

  await handler(create(['payments', 'refunds', 'orders'], '5'), invocation);
  await expect.poll(partitions, WAIT).toEqual({ orders: 3, payments: 3, refunds: 5 });

  expect(answers.map(({ Status }) => Status)).toEqual(['SUCCESS', 'SUCCESS']);
});

it('produces exactly that many records, into every partition', async () => {
  const command = { topic: 'orders', records: 1234 };
  expect(await handler(command, invocation)).toEqual(command);

  const ends = await endOffsets(admin, 'orders');
  const counts = [...ends.values()].map(Number);
  expect(counts).toHaveLength(3);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1234);
  expect(Math.min(...counts)).toBeGreaterThan(0);
});

it('reports a topic that does not exist, and creates none', async () => {
  await expect(handler({ topic: 'nothing', records: 1 }, invocation)).rejects.toMatchObject({
    code: 'KAFKA_FAILED',
    message: "cannot produce to topic 'nothing' after 0 records: Unknown topic nothing.",
  });
  expect(Object.keys(await partitions())).not.toContain('nothing');
});

describe('over TLS with a token, as with MSK', () => {
  const part = (fields: object) => Buffer.from(JSON.stringify(fields)).toString('base64url');

  /** As the trial function connects, but for who signs the token, and for the certificate. */
  function connect(token: () => Promise<string>) {
    if (cluster.secured === undefined) throw new Error('no secured listener');
    const { bootstrapServers, caFile } = cluster.secured;
    return createTrialTopics({
      bootstrapBrokers: [bootstrapServers],
      tls: { ca: readFileSync(caFile) },
      // The certificate's name: a broker's address is none.
      tlsServerName: 'localhost',
      sasl: { mechanism: 'OAUTHBEARER', token },
    });
  }

  it('creates and produces, with a token for each connection', async () => {
    let tokens = 0;
    const topics = connect(() => {
      tokens++;
      const iat = Math.floor(Date.now() / 1000);
      const claims = part({ sub: 'trial', iat, exp: iat + 900 });
      return Promise.resolve(`${part({ alg: 'none' })}.${claims}.`);
    });

    await topics.create(['invoices'], 2);
    await expect.poll(partitions, WAIT).toMatchObject({ invoices: 2 });
    const sample = [{ key: 'k', value: '{"order":1}', timestamp: Date.now() }];
    expect(await topics.produce('invoices', sample)).toBe(1);

    expect(tokens).toBeGreaterThanOrEqual(2);
  });

  it('reports a token that is not accepted', async () => {
    const topics = connect(() => Promise.resolve('not-a-token'));
    await expect(topics.create(['never'], 1)).rejects.toMatchObject({
      code: 'KAFKA_FAILED',
      retryable: true,
      message: expect.stringMatching(/^cannot create topic 'never': .+/),
    });
    expect(Object.keys(await partitions())).not.toContain('never');
  });
});
