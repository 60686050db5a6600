import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Admin, Producer } from '@platformatic/kafka';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { AUDIT_CLIENT_ID } from '../../kafka/audited-topic.ts';
import { clientOptions, type KafkaConnection } from '../../kafka/connection.ts';
import type { BrokerBatch, BrokerRange } from '../../lambda/core/audit/broker.ts';
import { openAuditBroker } from '../../lambda/io/audit-broker.ts';
import { until } from '../../tools/faults/world.ts';
import { endOffsets } from '../../tools/local/kafka/kafka-topic.ts';
import {
  type KafkaCluster,
  type KafkaClusterOptions,
  startKafkaCluster,
} from '../../tools/local/kafka-cluster/cluster.ts';
import { clientsOf } from './archiving.ts';

const GROUP = 'mapping';
const options = { signal: AbortSignal.timeout(600_000), attemptTimeout: 5_000 };

let folder: string;
let cluster: KafkaCluster;
let connection: KafkaConnection;
let admin: Admin;
let producer: ReturnType<typeof clientsOf>['producer'];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'audit-broker-'));
  const properties = { 'log.cleaner.backoff.ms': '200' };
  cluster = await start('kafka', { properties });
  connection = { brokers: [cluster.bootstrapServers] };
  ({ admin, producer } = clientsOf(connection));
});

afterAll(async () => {
  await Promise.all([admin.close(), producer.close()]);
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

function start(name: string, given: Partial<KafkaClusterOptions>): Promise<KafkaCluster> {
  return startKafkaCluster({ folder: join(folder, name), secure: true, ...given });
}

/** The brokers of a topic, until the test ends. */
function brokerOf(topic: string, given: KafkaConnection = connection, patience?: number) {
  const broker = openAuditBroker({ connection: given, topic, group: GROUP, patience });
  onTestFinished(broker.close);
  return broker;
}

async function create(
  topic: string,
  configs: Readonly<Record<string, string>> = {},
  partitions = 1,
): Promise<void> {
  await admin.createTopics({
    ...{ topics: [topic], partitions, replicas: 1 },
    configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
  });
  expect(await isListed(topic, true)).toBe(true);
}

/** Waits until the broker has learned from the controller that a topic exists, or that it does not. */
const isListed = (topic: string, exists: boolean) =>
  until(async () => (await admin.listTopics()).includes(topic) === exists, {
    ...{ everyMs: 20, withinMs: 30_000 },
  });

interface Draft {
  readonly key?: Buffer | null;
  readonly value?: Buffer | null;
  readonly timestamp?: bigint;
}

/** Sends records as one batch. */
const send = (topic: string, drafts: readonly Draft[], by = producer) =>
  by.send({
    messages: drafts.map((draft) => ({
      ...{ topic, partition: 0, key: null, value: Buffer.from('v') },
      ...draft,
    })),
    acks: -1,
  });

const some = (count: number, draft: Draft = {}): Draft[] =>
  Array.from({ length: count }, () => draft);

async function commit(topic: string, offsets: readonly number[]): Promise<void> {
  const partitionOffsets = offsets.map((each, partition) => ({ partition, offset: BigInt(each) }));
  await admin.alterConsumerGroupOffsets({
    groupId: GROUP,
    topics: [{ name: topic, partitionOffsets }],
  });
}

async function read(
  broker: ReturnType<typeof brokerOf>,
  range: Partial<BrokerRange> = {},
): Promise<BrokerBatch[]> {
  const whole = { partition: 0, first: 0, last: Number.MAX_SAFE_INTEGER };
  const batches: BrokerBatch[] = [];
  for await (const batch of broker.read({ ...whole, ...range }, options)) batches.push(batch);
  return batches;
}

/** `0-2 [0,2]` for a batch of offsets 0 to 2 of which compaction has removed 1; `3 abort` for a mark. */
function shown({ control, firstOffset, isTransactional, lastOffset, records }: BrokerBatch) {
  const offsets = firstOffset === lastOffset ? firstOffset : `${firstOffset}-${lastOffset}`;
  const content = control ?? `[${records.map(({ offset }) => offset)}]`;
  return `${offsets} ${content}${isTransactional && control === undefined ? ' in transaction' : ''}`;
}

const endIs = (topic: string, end: number) =>
  until(async () => (await endOffsets(admin, topic)).get(0) === end, {
    ...{ everyMs: 20, withinMs: 30_000 },
  });

function transactional(id: string) {
  const made = new Producer<Buffer | null, Buffer | null, Buffer, Buffer>({
    ...clientOptions(connection),
    ...{ retries: 20, idempotent: true, transactionalId: id },
  });
  onTestFinished(async () => void (await made.close().catch(() => undefined)));
  return made;
}

describe('the description of a topic', () => {
  it('has its id, its offsets and the settings in force', async () => {
    await create(
      'orders',
      { 'cleanup.policy': 'compact,delete', 'max.message.bytes': '2000000' },
      3,
    );
    const key = Buffer.from('k');
    for (const count of [5, 2]) await send('orders', some(count, { key }));
    await admin.deleteRecords({
      topics: [{ name: 'orders', partitions: [{ partition: 0, offset: 3n }] }],
    });
    await commit('orders', [6, 0]);
    const { topics } = await admin.metadata({ topics: ['orders'] });
    expect(await brokerOf('orders').describe(options)).toEqual({
      topic: 'orders',
      topicId: topics.get('orders')?.id,
      settings: {
        ...{ isCompacted: true, timestampType: 'CreateTime', beforeMaxMs: undefined },
        own: { 'cleanup.policy': 'compact,delete', 'max.message.bytes': '2000000' },
      },
      partitions: [
        { partition: 0, logStart: 3, lastStable: 7, end: 7, committed: 6 },
        { partition: 1, logStart: 0, lastStable: 0, end: 0, committed: 0 },
        { partition: 2, logStart: 0, lastStable: 0, end: 0, committed: undefined },
      ],
    });
  });

  it('has how late a record may be, and the time of the log', async () => {
    await create('late', {
      'message.timestamp.before.max.ms': '3600000',
      'message.timestamp.type': 'LogAppendTime',
    });
    const described = await brokerOf('late').describe(options);
    expect(described?.settings).toMatchObject({
      ...{ isCompacted: false, timestampType: 'LogAppendTime', beforeMaxMs: 3_600_000 },
    });
  });

  it('is undefined for a topic that does not exist, which it does not create', async () => {
    expect(await brokerOf('missing').describe(options)).toBeUndefined();
    expect(await admin.listTopics()).not.toContain('missing');
  });

  it('has another id once the topic is deleted and created again', async () => {
    await create('reborn');
    await send('reborn', some(3));
    const broker = brokerOf('reborn');
    const first = await broker.describe(options);
    await admin.deleteTopics({ topics: ['reborn'] });
    expect(await isListed('reborn', false)).toBe(true);
    await create('reborn');
    await send('reborn', some(1));
    const second = await broker.describe(options);
    expect(second?.topicId).not.toBe(first?.topicId);
    expect([first, second].map((each) => each?.partitions[0]?.end)).toEqual([3, 1]);
    expect((await read(broker)).map(shown)).toEqual(['0 [0]']);
  });

  it('has partitions that were added', async () => {
    await create('growing');
    const broker = brokerOf('growing');
    expect((await broker.describe(options))?.partitions).toHaveLength(1);
    await admin.createPartitions({ topics: [{ name: 'growing', count: 3 }] });
    const has3 = async () => (await broker.describe(options))?.partitions.length === 3;
    expect(await until(has3, { everyMs: 20, withinMs: 30_000 })).toBe(true);
  });
});

it('the offsets at a time are the ends of the log where no record is that recent', async () => {
  await create('times', {}, 2);
  // One at a time: in one batch the client would write times a few milliseconds off.
  for (const timestamp of [1000n, 2000n, 3000n]) await send('times', [{ timestamp }]);
  const broker = brokerOf('times');
  const at = async (time: number) => [...(await broker.offsetsAt(time, options))].sort();
  expect(await at(2000)).toEqual([
    [0, 1],
    [1, 0],
  ]);
  expect(await at(3001)).toEqual([
    [0, 3],
    [1, 0],
  ]);
});

describe('reading', () => {
  it('has aborted records and marks of interleaved transactions, also above the last stable offset', async () => {
    await create('transactions');
    const first = await transactional('first').beginTransaction();
    const second = await transactional('second').beginTransaction();
    const batch = (count: number) => ({
      messages: some(count).map((draft) => ({
        ...{ topic: 'transactions', partition: 0, key: null, value: Buffer.from('v') },
        ...draft,
      })),
      acks: -1 as const,
    });
    await first.send(batch(2));
    await second.send(batch(1));
    await first.send(batch(1));
    await first.abort();
    expect(await endIs('transactions', 5)).toBe(true);
    await second.commit();
    expect(await endIs('transactions', 6)).toBe(true);
    await send('transactions', some(1));
    const open = await transactional('open').beginTransaction();
    await open.send(batch(2));
    await send('transactions', some(1));

    const broker = brokerOf('transactions');
    const described = await broker.describe(options);
    expect(described?.partitions[0]).toMatchObject({ lastStable: 7, end: 10 });
    const batches = await read(broker);
    expect(batches.map(shown)).toEqual([
      ...['0-1 [0,1] in transaction', '2 [2] in transaction', '3 [3] in transaction'],
      ...['4 abort', '5 commit', '6 [6]', '7-8 [7,8] in transaction', '9 [9]'],
    ]);
    const [one, two, , abort, end] = batches.map(({ producerId }) => producerId);
    expect([one === abort, two === end, one === two]).toEqual([true, true, false]);
    await open.abort();
  });

  it('begins with the batch that has the first offset, and ends with the one that has the last', async () => {
    await create('ranges');
    for (const count of [3, 3, 3]) await send('ranges', some(count));
    const broker = brokerOf('ranges');
    expect((await read(broker, { first: 4, last: 4 })).map(shown)).toEqual(['3-5 [3,4,5]']);
    expect((await read(broker, { first: 5, last: 6 })).map(shown)).toEqual([
      ...['3-5 [3,4,5]', '6-8 [6,7,8]'],
    ]);
    expect(await read(broker, { first: 9, last: 9 })).toEqual([]);
    expect(await read(broker, { first: 50, last: 60 })).toEqual([]);
  });

  it('has the bytes of records, and their times', async () => {
    await create('bytes');
    const value = Buffer.from([0xff, 0x00]);
    await send('bytes', [{ key: Buffer.from('k'), value, timestamp: 1_763_895_200_001n }]);
    await send('bytes', [{ value: null, timestamp: 5n }]);
    const records = (await read(brokerOf('bytes'))).flatMap((batch) => batch.records);
    expect(records).toEqual([
      {
        ...{ partition: 0, offset: 0, timestamp: 1_763_895_200_001, timestampType: 'CREATE_TIME' },
        ...{ key: Buffer.from('k'), value, headers: [] },
      },
      {
        ...{ partition: 0, offset: 1, timestamp: 5, timestampType: 'CREATE_TIME' },
        ...{ key: null, value: null, headers: [] },
      },
    ]);
  });

  it('has the spans of batches that compaction has thinned out', async () => {
    await create('compacted', {
      ...{ 'cleanup.policy': 'compact', 'segment.ms': '100' },
      ...{ 'min.cleanable.dirty.ratio': '0.01', 'max.compaction.lag.ms': '100' },
    });
    const broker = brokerOf('compacted');
    const key = Buffer.from('same');
    await send('compacted', [{ key }, { key: Buffer.from('first') }, { key }]);
    await send('compacted', [{ key }, { key }]);
    // Records of the active segment stay: each of these makes another one active.
    const isCompacted = async () => {
      await send('compacted', [{ key }]);
      return (await read(broker, { last: 2 })).map(shown).join() === '0-2 [1]';
    };
    expect(await until(isCompacted, { everyMs: 150, withinMs: 60_000 })).toBe(true);
    const batches = await read(broker);
    // Whole batches are missing after it.
    expect(batches.map(shown)[0]).toBe('0-2 [1]');
    expect(batches[1]?.firstOffset).toBeGreaterThan(3);
    expect(batches.flatMap(({ records }) => records).map((each) => each.key?.toString())).toEqual([
      'first',
      ...batches.slice(1).flatMap(({ records }) => records.map(() => 'same')),
    ]);
  });

  it('begins at the log start where earlier records are deleted', async () => {
    await create('deleted');
    for (const count of [3, 3, 3]) await send('deleted', some(count));
    await admin.deleteRecords({
      topics: [{ name: 'deleted', partitions: [{ partition: 0, offset: 4n }] }],
    });
    const batches = await read(brokerOf('deleted'), { first: 0, last: 6 });
    expect(batches.map(shown)).toEqual(['3-5 [3,4,5]', '6-8 [6,7,8]']);
  });

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'follows the log over many fetches: %s',
    async (compression) => {
      const topic = `large-${compression}`;
      await create(topic);
      const value = Buffer.alloc(300_000, 'v');
      for (let sent = 0; sent < 12; sent += 1) {
        const message = { topic, partition: 0, key: null, value };
        await producer.send({ messages: [message, message], compression, acks: -1 });
      }
      const batches = await read(brokerOf(topic));
      expect(batches.map(shown)).toEqual(
        Array.from({ length: 12 }, (_, i) => `${2 * i}-${2 * i + 1} [${2 * i},${2 * i + 1}]`),
      );
      expect(batches.at(-1)?.records[1]?.value).toEqual(value);
    },
  );

  it('waits where a quota of its client id delays it', async () => {
    await create('slow');
    const value = Buffer.alloc(700_000, 'v');
    for (let sent = 0; sent < 4; sent += 1) await send('slow', [{ value }]);
    await quota(200_000);
    const broker = brokerOf('slow');
    const offsets = (await read(broker)).flatMap(({ records }) => records);
    await quota(undefined);
    expect(offsets.map(({ offset }) => offset)).toEqual([0, 1, 2, 3]);
  });

  it('outlasts the death of a leader', async () => {
    const other = await start('three', { brokers: 3, secure: false });
    onTestFinished(other.stop.bind(other));
    const given = { brokers: other.bootstrapServers.split(',') };
    const clients = clientsOf(given);
    onTestFinished(async () => {
      await Promise.all([clients.admin.close(), clients.producer.close()]);
    });
    await clients.admin.createTopics({ topics: ['led'], partitions: 1, replicas: 3 });
    for (let sent = 0; sent < 3; sent += 1) {
      await send('led', [{ value: Buffer.alloc(900_000) }], clients.producer);
    }
    const { topics } = await clients.admin.metadata({ topics: ['led'], forceUpdate: true });
    const broker = brokerOf('led', given);
    const offsets: number[] = [];
    for await (const { firstOffset } of broker.read({ partition: 0, first: 0, last: 2 }, options)) {
      offsets.push(firstOffset);
      if (firstOffset === 0) await other.killBroker(topics.get('led')?.partitions[0]?.leader ?? 0);
    }
    expect(offsets).toEqual([0, 1, 2]);
    expect((await broker.describe(options))?.partitions).toEqual([
      { partition: 0, logStart: 0, lastStable: 3, end: 3, committed: undefined },
    ]);
  });

  it('leaves no member and no committed offset in the group', async () => {
    for (const topic of ['committed', 'uncommitted']) await create(topic);
    await send('uncommitted', some(2));
    await commit('committed', [0]);
    const broker = brokerOf('uncommitted');
    await broker.describe(options);
    expect(await read(broker)).toHaveLength(1);
    const [listed] = await admin.listConsumerGroupOffsets({ groups: [GROUP] });
    const topics = listed?.topics.map(({ name }) => name);
    expect([topics?.includes('committed'), topics?.includes('uncommitted')]).toEqual([true, false]);
    const described = await admin.describeGroups({ groups: [GROUP] });
    expect(described.get(GROUP)?.members.size).toBe(0);
  });
});

/** Limits what the audit's client may read, in bytes a second. */
async function quota(value: number | undefined): Promise<void> {
  await admin.alterClientQuotas({
    entries: [
      {
        entities: [{ entityType: 'client-id', entityName: AUDIT_CLIENT_ID }],
        ops: [{ key: 'consumer_byte_rate', value: value ?? 0, remove: value === undefined }],
      },
    ],
  });
}

describe('a failure', () => {
  it('of an aborted call is STORE_ABORTED', async () => {
    const broker = brokerOf('orders', { brokers: ['127.0.0.1:1'] });
    const stop = AbortSignal.timeout(100);
    await expect(broker.describe({ ...options, signal: stop })).rejects.toMatchObject({
      ...{ code: 'STORE_ABORTED', retryable: true },
    });
  });

  it('to reach any broker ends after a while', async () => {
    const broker = brokerOf('orders', { brokers: ['127.0.0.1:1'] }, 1_500);
    await expect(broker.describe(options)).rejects.toMatchObject({
      code: 'KAFKA_FAILED',
      message: expect.stringMatching(/^describing 'orders' failed: .*ECONNREFUSED/),
    });
  });

  it('to log in is final, and says why', async () => {
    const { bootstrapServers = '', caFile = '', username = '' } = cluster.secured ?? {};
    const broker = brokerOf('orders', {
      brokers: [bootstrapServers],
      tls: { ca: readFileSync(caFile, 'utf8') },
      sasl: { mechanism: 'SCRAM-SHA-512', username, password: 'wrong' },
    });
    await expect(broker.describe(options)).rejects.toMatchObject({
      code: 'KAFKA_FAILED',
      message: expect.stringMatching(/^describing 'orders' is not authorized: /),
    });
  });
});

describe('with a login', () => {
  /** Describes and reads a topic of three records. */
  async function check(given: KafkaConnection): Promise<void> {
    const broker = brokerOf('logins', given);
    const described = await broker.describe(options);
    expect(described?.partitions).toEqual([
      { partition: 0, logStart: 0, lastStable: 3, end: 3, committed: undefined },
    ]);
    expect((await read(broker)).map(shown)).toEqual(['0-2 [0,1,2]']);
  }

  async function fill(brokers: string): Promise<void> {
    const clients = clientsOf({ brokers: [brokers] });
    await clients.admin.createTopics({ topics: ['logins'], partitions: 1, replicas: 1 });
    await send('logins', some(3), clients.producer);
    await Promise.all([clients.admin.close(), clients.producer.close()]);
  }

  it.each(['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN'] as const)(
    'over TLS: %s',
    async (mechanism) => {
      if (!(await admin.listTopics()).includes('logins')) await fill(cluster.bootstrapServers);
      const {
        bootstrapServers = '',
        caFile = '',
        password = '',
        username = '',
      } = cluster.secured ?? {};
      await check({
        brokers: [bootstrapServers],
        tls: { ca: readFileSync(caFile, 'utf8') },
        sasl: { mechanism, username, password },
      });
    },
  );

  it('over TLS: a token for each connection', async () => {
    const listener = 'listener.name.secured';
    const security = 'org.apache.kafka.common.security.oauthbearer';
    const other = await start('token', {
      // Kafka's own tokens for trials, which are not signed.
      properties: {
        [`${listener}.sasl.enabled.mechanisms`]: 'OAUTHBEARER',
        [`${listener}.oauthbearer.sasl.jaas.config`]: `${security}.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
      },
    });
    onTestFinished(other.stop.bind(other));
    await fill(other.bootstrapServers);
    const { bootstrapServers = '', caFile = '' } = other.secured ?? {};
    const json = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const seconds = Date.now() / 1000;
    const claims = { sub: 'audit', iat: seconds, exp: seconds + 300 };
    await check({
      brokers: [bootstrapServers],
      tls: { ca: readFileSync(caFile, 'utf8') },
      sasl: {
        mechanism: 'IAM',
        token: async () => `${json({ alg: 'none' })}.${json(claims)}.`,
      },
    });
  });

  it('over mutual TLS, with an encrypted key', async () => {
    const ca = join(folder, 'mutual', 'secured', 'ca.pem');
    const listener = 'listener.name.secured';
    const other = await start('mutual', {
      properties: {
        'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,SECURED:SSL,CONTROLLER:PLAINTEXT',
        [`${listener}.ssl.client.auth`]: 'required',
        [`${listener}.ssl.truststore.type`]: 'PEM',
        [`${listener}.ssl.truststore.location`]: ca,
      },
    });
    onTestFinished(other.stop.bind(other));
    await fill(other.bootstrapServers);
    const { bootstrapServers = '', password = '' } = other.secured ?? {};
    // The brokers' own certificate, which the listener trusts: keytool exports no keys.
    const store = join(folder, 'mutual', 'secured', 'keystore.p12');
    const key = execFileSync(
      'openssl',
      ['pkcs12', '-in', store, '-nocerts', '-passin', `pass:${password}`, '-passout', 'pass:open'],
      { encoding: 'utf8' },
    );
    const cert = readFileSync(ca, 'utf8');
    await check({
      brokers: [bootstrapServers],
      tls: { ca: cert, cert, key: key.slice(key.indexOf('-----BEGIN')), passphrase: 'open' },
    });
    const broker = brokerOf('logins', { brokers: [bootstrapServers], tls: { ca: cert } });
    const patience = { ...options, signal: AbortSignal.timeout(3_000) };
    await expect(broker.describe(patience)).rejects.toMatchObject({
      code: expect.stringMatching(/KAFKA_FAILED|STORE_ABORTED/),
    });
  });
});
