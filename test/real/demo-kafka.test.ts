import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Admin, Producer } from '@platformatic/kafka';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type KafkaCluster, startKafkaCluster } from '../../tools/local/kafka-cluster/cluster.ts';
import {
  demo,
  endOf,
  expectArchived,
  expectEachOffsetOnce,
  expectRefused,
  startDemo,
} from '../../tools/local/test/demo/running-demo.ts';

let folder: string;
let cluster: KafkaCluster;
let admin: Admin;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'demo-kafka-')));
  cluster = await startKafkaCluster({ folder: join(folder, 'cluster') });
  admin = new Admin(client());
});

afterAll(async () => {
  await admin.close();
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

afterEach(async () => {
  expect(brokersBelow(join(folder, 'out'))).toEqual([]);
  expect([...(await admin.listGroups()).keys()]).toEqual([]);
});

function client() {
  return { clientId: 'test', bootstrapBrokers: [cluster.bootstrapServers], retries: 20 };
}

/** Creates a folder for one test. */
function newOut(): string {
  const out = join(folder, 'out');
  mkdirSync(out, { recursive: true });
  return mkdtempSync(join(out, 'test-'));
}

/** The settings files of all brokers that run below a folder. */
function brokersBelow(path: string): string[] {
  const { stdout } = spawnSync('ps', ['-eww', '-o', 'args='], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .flatMap((line) => line.split(' kafka.Kafka ')[1] ?? [])
    .filter((file) => file.startsWith(`${path}/`));
}

/** The end offset of each partition. */
async function endsOf(topic: string, partitions: number): Promise<number[]> {
  const [listed] = await admin.listOffsets({
    topics: [
      {
        name: topic,
        partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({
          partitionIndex,
          timestamp: -1n,
        })),
      },
    ],
  });
  const offsets = listed?.partitions ?? [];
  return offsets
    .sort((a, b) => a.partitionIndex - b.partitionIndex)
    .map(({ offset }) => Number(offset));
}

type Text = string | null;

/** A record of another producer: partition, key, value. */
type Foreign = readonly [partition: number, key: Text, value: Text];

/** Produces records in a transaction, which is committed or aborted. */
async function produce(topic: string, records: readonly Foreign[], isCommitted: boolean) {
  const producer = new Producer<Buffer | null, Buffer | null, Buffer, Buffer>({
    ...client(),
    idempotent: true,
    transactionalId: `${topic}-${records.length}`,
  });
  const transaction = await producer.beginTransaction();
  const bytes = (text: Text) => (text === null ? null : Buffer.from(text));
  await transaction.send({
    messages: records.map(([partition, key, value]) => ({
      topic,
      partition,
      key: bytes(key),
      value: bytes(value),
    })),
  });
  await (isCommitted ? transaction.commit() : transaction.abort());
  await producer.close();
}

describe('the demo with existing brokers', () => {
  it('fills its topic, and archives it as it is in the next run', async () => {
    const out = newOut();
    const variables = { KAFKA_BOOTSTRAP_SERVERS: cluster.bootstrapServers };
    const first = await endOf(startDemo(['--kafka', '--out', out], variables));
    expect(first.stdout).toContain("topic 'earthquakes' is new: ");
    const lines = expectArchived(first, out, 1707);
    expectEachOffsetOnce(lines, 3);
    const ends = await endsOf('earthquakes', 3);
    expect(ends.reduce((sum, end) => sum + end)).toBe(1707);

    const flags = ['--pollers', '2', '--records', '5', '--topics', 'earthquakes'];
    const second = await demo('--brokers', cluster.bootstrapServers, ...flags, '--out', out);
    expect(second.stdout).toContain("topic 'earthquakes' exists: archiving it as it is");
    const again = expectArchived(second, out, 1707);
    const placeOf = ({ partition, offset }: { partition: number; offset: number }) =>
      partition * 1e6 + offset;
    const inOrder = (list: typeof lines) => list.toSorted((a, b) => placeOf(a) - placeOf(b));
    expect(inOrder(again)).toEqual(inOrder(lines));
    expect(await endsOf('earthquakes', 3)).toEqual(ends);
  });

  it('archives existing topics as they are, and fills the others', async () => {
    await admin.createTopics({ topics: ['their.orders'], partitions: 3, replicas: 1 });
    const given: Foreign[] = [
      [0, 'k', '{"order":1}'],
      [0, null, 'no key'],
      [2, 'k', null],
      [2, null, null],
      [2, '', ''],
    ];
    await produce('their.orders', given, true);
    await produce('their.orders', [[0, 'aborted', 'aborted']], false);
    await produce('their.orders', [...given, [0, 'last', 'last']], true);
    const deleted = { partition: 2, offset: 1n };
    await admin.deleteRecords({ topics: [{ name: 'their.orders', partitions: [deleted] }] });
    const ends = await endsOf('their.orders', 3);

    const out = newOut();
    const flags = ['--topics', 'their.orders, new_orders', '--records', '3000'];
    flags.push('--partitions', '2', '--batch-size', '700', '--compression', 'none');
    const run = await demo('--brokers', cluster.bootstrapServers, ...flags, '--out', out);
    expect(run.stdout).toContain("topic 'their.orders' exists: archiving it as it is");
    expect(run.stdout).toContain("topic 'new_orders' is new: creating it with 2 partitions");
    expect(run.stdout).toContain("topic 'their.orders': 10 of 10\n");
    expect(run.stdout).toContain("topic 'new_orders': 3000 of 3000\n");
    const lines = Map.groupBy(expectArchived(run, out, 3010), ({ topic }) => topic);
    const theirs = lines.get('their.orders') ?? [];
    // In between are the markers that end transactions, and aborted or deleted records.
    const places = theirs.map((line) => [line.partition, line.offset, line.key, line.value]);
    expect(places.sort()).toEqual([
      [0, 0, 'k', { order: 1 }],
      [0, 1, null, 'no key'],
      [0, 5, 'k', { order: 1 }],
      [0, 6, null, 'no key'],
      [0, 7, 'last', 'last'],
      [2, 1, null, null],
      [2, 2, '', ''],
      [2, 4, 'k', null],
      [2, 5, null, null],
      [2, 6, '', ''],
    ]);
    expectEachOffsetOnce(lines.get('new_orders') ?? [], 2);
    expect(await endsOf('their.orders', 3)).toEqual(ends);
  });

  it('refuses a topic without records, and leaves an earlier run unchanged', async () => {
    await admin.createTopics({ topics: ['nothing'], partitions: 1, replicas: 1 });
    const out = newOut();
    const flags = ['--brokers', cluster.bootstrapServers, '--topics', 'nothing, else'];
    expectRefused(await demo(...flags, '--out', out), /^topic 'nothing' has no records: /);
    expect(readdirSync(out)).toEqual([]);
    expect(await admin.listTopics()).not.toContain('else');
  });

  it('reports a record that the brokers refuse', async () => {
    const input = join(newOut(), 'large.jsonl');
    writeFileSync(input, `"small"\n${JSON.stringify('x'.repeat(2_000_000))}\n`);
    const run = await demo(
      ...['--brokers', cluster.bootstrapServers, '--input', input, '--out', newOut()],
    );
    expectRefused(run, /^cannot produce into topic 'large': .*large/);
  });

  it('reports brokers that cannot be reached', async () => {
    const run = await demo('--brokers', '127.0.0.1:1', '--out', newOut());
    expectRefused(run, /^cannot reach 127\.0\.0\.1:1 .*ECONNREFUSED/);
  });
});

describe('the demo with its own broker', () => {
  it('starts it, and leaves no process and no data behind', async () => {
    const out = newOut();
    const run = await demo('--kafka', '--records', '2000', '--out', out);
    expectEachOffsetOnce(expectArchived(run, out, 2000), 3);
    expect(readdirSync(out).sort()).toEqual(['.s3', 'archive', 'function.log']);
  });

  it('stops it when interrupted, and can reuse its folder', async () => {
    const out = newOut();
    const child = startDemo(['--kafka', '--records', '1000000', '--out', out], {});
    const ended = once(child, 'close');
    for await (const line of createInterface(child.stdout)) {
      if (line.startsWith('topic')) break;
    }
    expect(brokersBelow(out)).toHaveLength(1);
    child.kill('SIGTERM');
    const [status] = await ended;
    expect(status).toBe(143);
    expect(brokersBelow(out)).toEqual([]);
    expectArchived(await demo('--records', '100', '--out', out), out, 100);
  });
});
