import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Admin } from '@platformatic/kafka';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { decodeLine } from '../../lambda/core/record/decode-line.ts';
import { until } from '../../tools/faults/world.ts';
import { readObjects } from '../../tools/local/demo/read-back.ts';
import { KafkaTopic } from '../../tools/local/kafka/kafka-topic.ts';
import { type KafkaCluster, startKafkaCluster } from '../../tools/local/kafka-cluster/cluster.ts';
import { type RealS3, startRealS3 } from '../../tools/local/real-servers/real-s3.ts';
import { s3ClientOf } from '../../tools/local/s3-client.ts';
import { clientsOf } from './archiving.ts';

const root = join(import.meta.dirname, '..', '..');
const RECORDS = 6000;
const PARTITIONS = 4;

let folder: string;
let cluster: KafkaCluster;
let s3: RealS3;
let client: S3Client;
let admin: Admin;
let producer: ReturnType<typeof clientsOf>['producer'];
const children: ChildProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'emulate-'));
  cluster = await startKafkaCluster({ folder: join(folder, 'kafka'), secure: true });
  s3 = await startRealS3({ folder: join(folder, 's3') });
  client = s3ClientOf(s3);
  await client.send(new CreateBucketCommand({ Bucket: 'archive' }));
  ({ admin, producer } = clientsOf({ brokers: [cluster.bootstrapServers] }));
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

afterAll(async () => {
  await Promise.all([admin.close(), producer.close()]);
  await s3.close();
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the emulator for a topic, with TLS, SCRAM and the real S3 server. */
function emulate(topic: string, ...more: readonly string[]): ChildProcess {
  const { bootstrapServers, caFile, password, username } = cluster.secured ?? {};
  const flags = {
    brokers: bootstrapServers,
    ca: caFile,
    sasl: 'SCRAM-SHA-512',
    username,
    topics: topic,
    group: 'group-{topic}',
    'session-timeout': '2',
    'batch-window': '0',
    'batch-size': '150',
    's3-endpoint': s3.endpoint,
    bucket: 'archive',
    out: join(folder, 'out'),
  };
  const options = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(
    process.execPath,
    [join(root, 'tools/local/bin/emulate.ts'), '--tls', ...options, ...more],
    {
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        KAFKA_PASSWORD: password,
        AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  children.push(child);
  return child;
}

async function createAndFill(topic: string): Promise<void> {
  await admin.createTopics({ topics: [topic], partitions: PARTITIONS, replicas: 1 });
  const messages = Array.from({ length: RECORDS }, (_, i) => ({
    topic,
    partition: i % PARTITIONS,
    key: Buffer.from(`k${i}`),
    value: Buffer.from(`{"n":${i}}`),
  }));
  await producer.send({ messages, acks: -1 });
}

function watch(topic: string) {
  const source = new KafkaTopic({
    connection: { brokers: [cluster.bootstrapServers] },
    topic,
    groupId: `group-${topic}`,
    startingPosition: 'earliest',
    observe: () => undefined,
  });
  const lag = async () => [...(await source.lag()).values()].reduce((sum, each) => sum + each, 0);
  return { lag, close: () => source.close() };
}

/** How often each offset of a topic is in the archive, by `partition:offset`. */
async function stored(topic: string): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number>();
  for await (const { lines } of readObjects(client, 'archive', `topic=${topic}/`)) {
    for (const { partition, offset, value } of lines.map(decodeLine)) {
      const place = `${partition}:${offset}`;
      times.set(place, (times.get(place) ?? 0) + 1);
      expect(value?.toString()).toBe(`{"n":${offset * PARTITIONS + partition}}`);
    }
  }
  return times;
}

const produced = Array.from(
  { length: RECORDS },
  (_, i) => `${i % PARTITIONS}:${Math.floor(i / PARTITIONS)}`,
).sort();

describe('npm run emulate, with TLS, SCRAM and a real S3 server', () => {
  it('archives each record once, and stops at SIGTERM', async () => {
    await createAndFill('calm');
    const { lag, close } = watch('calm');
    const child = emulate('calm', '--pollers', '2');
    const output = text(child.stdout ?? process.stdin);
    expect(await until(async () => (await lag()) === 0, { everyMs: 100, withinMs: 60_000 })).toBe(
      true,
    );
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    expect(await output).toMatch(
      /stopping: finishing running invocations[\s\S]*\nstopped: archived .* · lag calm 0 /,
    );
    expect(code).toBe(0);
    const times = await stored('calm');
    expect([...times.keys()].sort()).toEqual(produced);
    await close();
  });

  it('loses nothing when it is killed three times', async () => {
    await createAndFill('killed');
    const { lag, close } = watch('killed');
    for (const left of [5000, 3500, 2000]) {
      const child = emulate('killed');
      const isHere = async () => (await lag()) < left;
      expect(await until(isHere, { everyMs: 20, withinMs: 60_000 })).toBe(true);
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    emulate('killed');
    const isDone = async () => (await lag()) === 0;
    expect(await until(isDone, { everyMs: 100, withinMs: 60_000 })).toBe(true);
    const times = await stored('killed');
    expect([...times.keys()].sort()).toEqual(produced);
    await close();
  });

  it.each([
    ['a wrong password', { KAFKA_PASSWORD: 'wrong' }, /^rejected by /],
    ['a missing topic', {}, /^no topic 'nothing' at /],
  ])('reports in one line: %s', async (_, environment, message) => {
    const { secured } = cluster;
    const child = spawn(
      process.execPath,
      [
        join(root, 'tools/local/bin/emulate.ts'),
        ...[
          '--brokers',
          String(secured?.bootstrapServers),
          '--tls',
          '--ca',
          String(secured?.caFile),
        ],
        ...['--sasl', 'PLAIN', '--username', String(secured?.username), '--topics', 'nothing'],
      ],
      { env: { PATH: process.env.PATH, KAFKA_PASSWORD: secured?.password, ...environment } },
    );
    const said = text(child.stderr);
    const [code] = await once(child, 'exit');
    expect(await said).toMatch(message);
    expect((await said).trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  });
});
