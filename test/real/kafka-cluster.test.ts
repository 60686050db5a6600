import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  Admin,
  type BaseOptions,
  Consumer,
  MessagesStreamModes,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type KafkaCluster, startKafkaCluster } from '../../tools/local/kafka-cluster/cluster.ts';
import { KafkaClusterError } from '../../tools/local/kafka-cluster/errors.ts';
import { freePorts } from '../../tools/local/kafka-cluster/ports.ts';

const root = join(import.meta.dirname, '..', '..');

let folder: string;
let folders = 0;

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'kafka-cluster-')));
});

/** The settings files of all nodes that run below the tests' folder. */
function leftRunning(): string[] {
  const { stdout } = spawnSync('ps', ['-eww', '-o', 'args='], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .flatMap((line) => line.split(' kafka.Kafka ')[1] ?? [])
    .filter((file) => file.startsWith(`${folder}/`));
}

afterEach(() => expect(leftRunning()).toEqual([]));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function newFolder(): string {
  folders += 1;
  return join(folder, `cluster ${folders}`);
}

/** Runs some work with a cluster that is stopped afterwards. */
async function withCluster(
  options: Parameters<typeof startKafkaCluster>[0],
  work: (cluster: KafkaCluster) => Promise<void>,
): Promise<void> {
  const cluster = await startKafkaCluster(options);
  try {
    await work(cluster);
  } finally {
    await cluster.stop();
  }
}

type Access = Pick<BaseOptions, 'sasl' | 'tls' | 'retries'>;

function clientOptions(bootstrapServers: string, access: Access = {}) {
  return { clientId: 'test', bootstrapBrokers: bootstrapServers.split(','), ...access };
}

async function withAdmin<Result>(
  servers: string,
  work: (admin: Admin) => Promise<Result>,
  access?: Access,
): Promise<Result> {
  const admin = new Admin(clientOptions(servers, access));
  try {
    return await work(admin);
  } finally {
    await admin.close();
  }
}

async function createTopic(servers: string, topic: string): Promise<void> {
  await withAdmin(servers, (admin) => admin.createTopics({ topics: [topic] }));
}

function listTopics(servers: string, access?: Access): Promise<string[]> {
  return withAdmin(servers, (admin) => admin.listTopics(), access);
}

async function brokerIds(servers: string): Promise<number[]> {
  const { brokers } = await withAdmin(servers, (admin) => admin.metadata({ topics: [] }));
  return [...brokers.keys()].sort();
}

async function produce(servers: string, topic: string, values: readonly string[], access?: Access) {
  const producer = new Producer({
    ...clientOptions(servers, access),
    serializers: stringSerializers,
  });
  try {
    await producer.send({ acks: -1, messages: values.map((value) => ({ topic, value })) });
  } finally {
    await producer.close();
  }
}

/** Reads the topic's first values as a member of a group. */
async function consume(servers: string, topic: string, count: number): Promise<string[]> {
  const consumer = new Consumer({
    ...clientOptions(servers),
    groupId: 'readers',
    deserializers: stringDeserializers,
  });
  const values: string[] = [];
  try {
    const stream = await consumer.consume({
      topics: [topic],
      mode: MessagesStreamModes.EARLIEST,
      sessionTimeout: 1500,
      heartbeatInterval: 500,
    });
    for await (const { value } of stream) {
      values.push(value);
      if (values.length === count) break;
    }
  } finally {
    await consumer.close(true);
  }
  return values;
}

describe('a cluster of one broker', () => {
  it('keeps its topics and records when it is stopped and started again', async () => {
    const options = { folder: newFolder(), brokers: 1 } as const;
    await withCluster(options, async ({ bootstrapServers }) => {
      expect(bootstrapServers).toMatch(/^127\.0\.0\.1:\d+$/);
      await createTopic(bootstrapServers, 'orders');
      await produce(bootstrapServers, 'orders', ['a', 'b', 'c']);
      expect(await consume(bootstrapServers, 'orders', 3)).toEqual(['a', 'b', 'c']);
    });
    expect(leftRunning()).toEqual([]);
    await withCluster({ folder: options.folder }, async ({ bootstrapServers }) => {
      expect(await listTopics(bootstrapServers)).toContain('orders');
      await produce(bootstrapServers, 'orders', ['d']);
      expect(await consume(bootstrapServers, 'orders', 4)).toEqual(['a', 'b', 'c', 'd']);
    });
  });

  it('cannot be started twice, or with a different number of brokers or security', async () => {
    const options = { folder: newFolder() };
    await withCluster(options, async ({ folder: path }) => {
      const second = startKafkaCluster(options);
      await expect(second).rejects.toThrow(`a cluster is already running in ${path}`);
    });
    const larger = startKafkaCluster({ ...options, brokers: 3 });
    await expect(larger).rejects.toThrow(/has one broker and no secured listener: delete it/);
    const secure = startKafkaCluster({ ...options, secure: true });
    await expect(secure).rejects.toThrow(/has one broker and no secured listener: delete it/);
  });

  it('reports in one line why it fails to start, with the path of its log', async () => {
    const path = newFolder();
    const failure = await startKafkaCluster({
      folder: path,
      properties: { 'num.io.threads': '-1' },
    }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(KafkaClusterError);
    const log = join(path, 'broker-1', 'kafka.log');
    expect(String(failure)).toMatch(
      /^KafkaClusterError: broker 1 failed to start: .*Invalid value -1 for configuration num\.io\.threads.*; its log is /,
    );
    expect(String(failure)).toContain(log);
    expect(readFileSync(log, 'utf8')).toContain('num.io.threads');
  });

  it('ends with the process that started it', async () => {
    const module = JSON.stringify(join(root, 'tools', 'local', 'kafka-cluster', 'cluster.ts'));
    const script = `const { startKafkaCluster } = await import(${module});
      await startKafkaCluster({ folder: ${JSON.stringify(newFolder())} });
      console.log('runs');
      process.stdin.once('end', () => process.exit(3)).resume();`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script]);
    await once(child.stdout, 'data');
    expect(leftRunning()).toHaveLength(1);
    child.stdin.end();
    expect(await once(child, 'exit')).toEqual([3, null]);
    await expect.poll(leftRunning).toEqual([]);
  });
});

describe('a cluster of three brokers', () => {
  it('keeps working when one broker is killed, and lets it rejoin', async () => {
    await withCluster({ folder: newFolder(), brokers: 3 }, async (cluster) => {
      const { bootstrapServers: servers } = cluster;
      expect(await brokerIds(servers)).toEqual([1, 2, 3]);
      await createTopic(servers, 'orders');
      await produce(servers, 'orders', ['a']);

      await cluster.killBroker(1);
      await expect.poll(() => brokerIds(servers), { timeout: 20_000 }).toEqual([2, 3]);
      await produce(servers, 'orders', ['b']);
      expect(await consume(servers, 'orders', 2)).toEqual(['a', 'b']);
      await cluster.startBroker(1);
      expect(await brokerIds(servers)).toEqual([1, 2, 3]);

      await cluster.stopBroker(3);
      await expect.poll(() => brokerIds(servers), { timeout: 20_000 }).toEqual([1, 2]);
      await produce(servers, 'orders', ['c']);
      await cluster.startBroker(3);
      expect(await consume(servers, 'orders', 3)).toEqual(['a', 'b', 'c']);
      await expect(cluster.stopBroker(4)).rejects.toThrow("a broker's id is 1 to 3, got 4");
    });
  });
});

describe('a cluster with a secured listener', () => {
  it('accepts clients with TLS and each SASL mechanism, and refuses all others', async () => {
    await withCluster({ folder: newFolder(), secure: true }, async (cluster) => {
      if (cluster.secured === undefined) throw new Error('no secured listener');
      const { bootstrapServers, username, password, caFile } = cluster.secured;
      const ca = readFileSync(caFile, 'utf8');
      await createTopic(cluster.bootstrapServers, 'orders');
      for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
        const access: Access = { tls: { ca }, sasl: { mechanism, username, password } };
        expect(await listTopics(bootstrapServers, access)).toContain('orders');
        await produce(bootstrapServers, 'orders', [mechanism], access);
        const sasl = { mechanism, username, password: `${password}x` };
        const refused = listTopics(bootstrapServers, { tls: { ca }, sasl, retries: 0 });
        await expect(refused).rejects.toThrow();
      }
      const sasl = { mechanism: 'PLAIN', username, password } as const;
      const untrusted = listTopics(bootstrapServers, { tls: {}, sasl, retries: 0 });
      await expect(untrusted).rejects.toThrow();
      const plain = listTopics(bootstrapServers, { retries: 0 });
      await expect(plain).rejects.toThrow();
      expect(await consume(cluster.bootstrapServers, 'orders', 3)).toEqual([
        'PLAIN',
        'SCRAM-SHA-256',
        'SCRAM-SHA-512',
      ]);
    });
  });
});

describe('npm run kafka', () => {
  /** Runs the command as a user would. */
  async function kafka(...args: string[]) {
    const child = spawn(process.execPath, [join(root, 'tools/local/bin/kafka.ts'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    return { status, stdout, stderr };
  }

  it('starts a cluster that runs until it is stopped', async () => {
    const path = newFolder();
    const { brokers } = await freePorts(1);
    const port = String(brokers[0]?.plain);
    const started = await kafka('start', '--folder', path, '--port', port);
    expect(started).toMatchObject({ status: 0, stderr: '' });
    expect(started.stdout).toContain(`is running\n  bootstrap servers  127.0.0.1:${port}\n`);
    expect(leftRunning()).toHaveLength(1);

    const again = await kafka('start', '--folder', path, '--port', port);
    expect(again).toMatchObject({ status: 1, stdout: '' });
    expect(again.stderr).toMatch(/^a cluster is already running in .*: stop it, .*\n$/);
    const elsewhere = await kafka('start', '--folder', newFolder(), '--port', port);
    expect(elsewhere).toMatchObject({ status: 1, stdout: '' });
    expect(elsewhere.stderr).toMatch(/^port \d+ is in use: .* choose another --port\n$/);

    const stopped = await kafka('stop', '--folder', path);
    expect(stopped).toEqual({
      status: 0,
      stdout: `Stopped; the topics remain in ${path}\n`,
      stderr: '',
    });
    expect(leftRunning()).toEqual([]);
    const nothing = { stdout: `No cluster is running in ${path}\n`, stderr: '' };
    expect(await kafka('stop', '--folder', path)).toEqual({ status: 0, ...nothing });
    const mistyped = await kafka('begin');
    expect(mistyped).toMatchObject({ status: 2, stdout: '' });
    expect(mistyped.stderr).toContain('start, stop');
  });
});
