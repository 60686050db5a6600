import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin, Consumer } from '@platformatic/kafka';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createArchiveCommand } from '../../cli/archive-command.ts';
import { run } from '../../cli/command.ts';
import type { Machine } from '../../cli/machine.ts';
import { clientOptions } from '../../kafka/connection.ts';
import { openConsumerGroup } from '../../kafka/consumer-group.ts';
import { bundleFunction } from '../../lib/functions/bundle.ts';
import { endOffsets, KafkaTopic } from '../../tools/local/kafka/kafka-topic.ts';
import { type KafkaCluster, startKafkaCluster } from '../../tools/local/kafka-cluster/cluster.ts';
import { type S3Server, startS3Server } from '../../tools/local/s3-server/server.ts';
import { type LambdaOptions, startLambda } from '../cli/mapping/lambda-server.ts';
import { ordersMapping, uuid } from '../cli/reset/reset-console.ts';
import { type Archive, archiveTopic, clientsOf } from './archiving.ts';

const hour = 3_600_000;
const root = join(import.meta.dirname, '..', '..');
/** Records of each partition; the last partition has none from the last five hours. */
const COUNTS = [10, 10, 5];
const now = Date.now();

let folder: string;
let cluster: KafkaCluster;
let s3: S3Server;
let archive: Archive;
let admin: Admin;
let producer: ReturnType<typeof clientsOf>['producer'];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reset-'));
  cluster = await startKafkaCluster({ folder: join(folder, 'kafka'), secure: true });
  s3 = await startS3Server({ root: join(folder, 's3'), buckets: ['archive'] });
  const connection = { brokers: [cluster.bootstrapServers] };
  const codeFolder = bundleFunction('archive', join(folder, 'code'));
  archive = { connection, s3, bucket: 'archive', folder, codeFolder };
  ({ admin, producer } = clientsOf(connection));
  for (const topic of ['orders', 'archived']) await fill(topic);
});

afterAll(async () => {
  await Promise.all([admin.close(), producer.close()]);
  await s3.close();
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Creates a topic with one record per hour in each partition; offset 0 is ten hours old. */
async function fill(topic: string): Promise<void> {
  await admin.createTopics({ topics: [topic], partitions: COUNTS.length, replicas: 1 });
  for (const [partition, count] of COUNTS.entries()) {
    for (let offset = 0; offset < count; offset += 1) {
      // One at a time: in one batch the client would write times a few milliseconds off.
      const message = { topic, partition, timestamp: timeOf(offset), value: Buffer.from('v') };
      await producer.send({ messages: [message], acks: -1 });
    }
  }
  expect([...(await endOffsets(admin, topic)).values()]).toEqual(COUNTS);
}

function timeOf(offset: number): bigint {
  return BigInt(now - (10 - offset) * hour);
}

async function commit(groupId: string, offsets: readonly number[], topic = 'orders') {
  const partitionOffsets = offsets.map((each, partition) => ({ partition, offset: BigInt(each) }));
  await admin.alterConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionOffsets }] });
}

/** Committed offset of each partition, in order. */
async function committed(group: string, topic = 'orders'): Promise<number[]> {
  const [listed] = await admin.listConsumerGroupOffsets({ groups: [group] });
  const partitions = listed?.topics.find(({ name }) => name === topic)?.partitions ?? [];
  return [...partitions]
    .sort((a, b) => a.partitionIndex - b.partitionIndex)
    .map(({ committedOffset }) => Number(committedOffset));
}

/** Runs a reset that succeeds. @returns what it prints */
async function reset(line: string): Promise<string[]> {
  const { error, printed } = await tryReset(line);
  expect(error).toBe('');
  return printed;
}

/** Runs a reset. @returns what it prints, on standard error too */
async function tryReset(line: string) {
  const printed: string[] = [];
  const errors: string[] = [];
  const machine: Machine = {
    ...{ ask: undefined, environment: {}, now: () => now },
    pause: () => sleep(20),
    print: (text) => printed.push(text),
    printError: (text) => errors.push(text),
    write: async () => undefined,
    progress: () => undefined,
    stop: new AbortController().signal,
  };
  const args = ['reset', ...line.split(' '), '--brokers', cluster.bootstrapServers];
  await run(createArchiveCommand(machine), args, machine);
  return { error: errors.join('\n'), printed };
}

const alone = (group: string) => `--topic orders --no-mapping --group ${group}`;

/** Starts Lambda with a mapping of the topic that reads with the group; the cluster is self-managed. */
async function startMapping(group: string, given: Partial<LambdaOptions> = {}) {
  const mapping = ordersMapping({
    ...{ EventSourceArn: undefined, AmazonManagedKafkaEventSourceConfig: undefined },
    SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: group },
  });
  const lambda = await startLambda({ mappings: [mapping], ...given });
  onTestFinished(lambda.close);
  return {
    journal: lambda.journal,
    mapping,
    flags: `--topic orders --mapping ${uuid} --lambda-endpoint ${lambda.endpoint}`,
  };
}

/** Joins a group, as the pollers of a mapping do. */
async function enter(groupId: string) {
  const source = new KafkaTopic({
    connection: archive.connection,
    topic: 'orders',
    ...{ groupId, startingPosition: 'earliest', sessionTimeoutMs: 6000 },
    observe: () => undefined,
  });
  const poller = await source.join();
  const leave = async () => {
    await poller.leave();
    await source.close();
  };
  return { leave };
}

describe('a group', () => {
  it.each([
    ['--to-earliest', [0, 0, 0]],
    ['--to-latest --allow-skip', [10, 10, 5]],
    ['--hours-back 10', [0, 0, 0]],
    // The last partition has no record that recent, so it moves to its end.
    ['--hours-back 3 --allow-skip', [7, 7, 5]],
    [`--to ${new Date(now - 6 * hour).toISOString()} --allow-skip`, [4, 4, 4]],
    [`--to ${new Date(now - 6 * hour + 1).toISOString()} --allow-skip`, [5, 5, 5]],
    [`--to ${new Date(now - 6 * hour - 1).toISOString()} --allow-skip`, [4, 4, 4]],
  ])('is moved exactly to the target: %s', async (target, offsets) => {
    const group = `exact-${target.replaceAll(/\W/g, '')}`;
    await commit(group, [8, 2, 3]);
    await reset(`${alone(group)} ${target} --yes`);
    expect(await committed(group)).toEqual(offsets);
  });

  it('stays where it is in a dry run, and if records would be skipped', async () => {
    await commit('shown', [8, 2]);
    expect(await reset(`${alone('shown')} --hours-back 3 --dry-run`)).toEqual([
      `Topic 'orders', group 'shown', no mapping: to ${new Date(now - 3 * hour).toISOString()}`,
      '',
      'PARTITION  COMMITTED  TARGET   DIFFERENCE  EFFECT',
      '0          8          7        -1          1 read again',
      '1          2          7        +5          5 SKIPPED',
      '2          -          5 (end)  -           no committed offset: 5 SKIPPED',
      '',
      'At most 1 record is read again. A batch with the same offsets as before is found in the archive;',
      'any other is stored as objects that overlap existing ones. Nothing is overwritten: readers deduplicate',
      'by their identity (topic, partition, offset, timestamp, key and value).',
      'WARNING: at most 10 records are SKIPPED: the group never reads them, and they are NOT ARCHIVED.',
      'Dry run: nothing was changed.',
    ]);
    expect((await tryReset(`${alone('shown')} --hours-back 3 --yes`)).error).toBe(
      "10 records would be skipped and not archived: pass --allow-skip to accept that; see 'kafka-archive reset --help'",
    );
    expect(await committed('shown')).toEqual([8, 2]);
  });

  it('that does not exist yet starts at the target', async () => {
    await reset(`${alone('never')} --to-earliest --yes`);
    expect(await committed('never')).toEqual([0, 0, 0]);
  });

  it('with members is refused by this program and by the broker', async () => {
    await commit('alive', [8, 2, 3]);
    const { leave } = await enter('alive');
    expect((await tryReset(`${alone('alive')} --to-earliest --yes`)).error).toBe(
      "the group 'alive' has 1 member: stop its readers first; nothing was changed",
    );
    const group = await openConsumerGroup({
      ...{ connection: archive.connection, topic: 'orders', group: 'alive' },
    });
    expect(await group.commit(new Map([[0, 0]]))).toBe(false);
    await group.close();
    expect(await committed('alive')).toEqual([8, 2, 3]);
    await leave();
  });

  it('with members that only the broker sees is refused, too', async () => {
    const consumer = new Consumer({
      ...clientOptions(archive.connection),
      ...{ groupId: 'newer', groupProtocol: 'consumer' },
    });
    const stream = await consumer.consume({ topics: ['orders'], mode: 'earliest' });
    expect((await tryReset(`${alone('newer')} --to-earliest --yes`)).error).toBe(
      "the group 'newer' has members that only the broker sees: stop its readers first; --dry-run shows the current offsets",
    );
    await stream.close();
    await consumer.close(true);
    await reset(`${alone('newer')} --to-earliest --yes`);
    expect(await committed('newer')).toEqual([0, 0, 0]);
  });

  it('needs an existing topic', async () => {
    expect(
      (await tryReset('--topic no --no-mapping --group g --to-earliest --dry-run')).error,
    ).toBe(`topic 'no' does not exist at ${cluster.bootstrapServers}`);
  });
});

describe('a mapping', () => {
  it('is disabled, and enabled again after its last member has left and the offsets are committed', async () => {
    await commit('mapped', [8, 2, 3]);
    const { leave } = await enter('mapped');
    const { flags, journal } = await startMapping('mapped', {
      // Like the pollers, which leave some time after the mapping is disabled.
      onState: (state) => state === 'Disabled' && setTimeout(leave, 300),
      journal: [],
    });
    const printed = await reset(`${flags} --to-earliest --yes`);
    expect(printed.slice(-5)).toEqual([
      `Disabled the mapping ${uuid}.`,
      "The group 'mapped' has no members.",
      "Committed and read back the offsets of 3 partitions of 'orders'.",
      `Enabled the mapping ${uuid}.`,
      'Done.',
    ]);
    expect(journal).toEqual([
      'GET Enabled',
      ...['PUT Enabled=false', 'GET Disabling', 'GET Disabled'],
      ...['PUT Enabled=true', 'GET Enabling', 'GET Enabled'],
    ]);
    expect(await committed('mapped')).toEqual([0, 0, 0]);
  });

  it('then archives exactly the records from the target on', async () => {
    const groupId = 'from-target';
    await commit(groupId, [10, 10, 5], 'archived');
    await reset(`--topic archived --no-mapping --group ${groupId} --hours-back 4 --yes`);
    expect(await committed(groupId, 'archived')).toEqual([6, 6, 5]);
    const ends = [10, 10, 0];
    const { lines } = await archiveTopic('archived', archive, { groupId, ends });
    const from = [6, 7, 8, 9];
    expect(lines.map(({ offset, partition }) => [partition, offset])).toEqual([
      ...from.map((offset) => [0, offset]),
      ...from.map((offset) => [1, offset]),
    ]);
    // Again from further back: archived records are found in the archive or overlap, and none is missing.
    await reset(`--topic archived --no-mapping --group ${groupId} --to-earliest --yes`);
    const all = await archiveTopic('archived', archive, { groupId, ends: COUNTS });
    const places = new Set(all.lines.map(({ offset, partition }) => `${partition}:${offset}`));
    expect(places.size).toBe(25);
  });
});

describe('a broker that fails while the mapping is disabled', () => {
  it('leaves the offsets unchanged and the mapping enabled', async () => {
    await commit('away', [8, 2, 3]);
    const { flags, mapping } = await startMapping('away', {
      onState: (state) => state === 'Disabled' && cluster.killBroker(1),
    });
    const { error: failure } = await tryReset(`${flags} --to-earliest --yes`);
    await cluster.startBroker(1);
    expect(failure).toMatch(
      new RegExp(`failed: .*; no offset was changed; the mapping ${uuid} is enabled again$`),
    );
    expect(mapping.State).toBe('Enabled');
    expect(await committed('away')).toEqual([8, 2, 3]);
    await reset(`${alone('away')} --to-earliest --yes`);
    expect(await committed('away')).toEqual([0, 0, 0]);
  });
});

describe('kafka-archive reset as a process', () => {
  function start(args: readonly string[]) {
    const { password } = cluster.secured ?? {};
    const child = spawn(
      process.execPath,
      [join(root, 'bin', 'kafka-archive.ts'), 'reset', ...args],
      {
        env: { PATH: process.env.PATH, KAFKA_PASSWORD: password },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const ended = (async () => {
      const closed = once(child, 'close');
      const outputs = [text(child.stdout), text(child.stderr)] as const;
      const [out, err, [code]] = await Promise.all([...outputs, closed]);
      return { code, out, err };
    })();
    return { child, ended };
  }

  it('connects with TLS and SCRAM, and prints JSON', async () => {
    await commit('secured', [8, 2, 3]);
    const { bootstrapServers = '', caFile = '', username = '' } = cluster.secured ?? {};
    const { ended } = start([
      ...`${alone('secured')} --to-earliest --json --yes --tls --sasl SCRAM-SHA-512`.split(' '),
      ...['--brokers', bootstrapServers, '--ca', caFile, '--username', username],
    ]);
    const { code, err, out } = await ended;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toEqual({
      ...{ outcome: 'done', topic: 'orders', group: 'secured', mapping: null, target: 'earliest' },
      partitions: [
        { partition: 0, begin: 0, end: 10, target: 0, again: 8, skipped: 0, committed: 8 },
        { partition: 1, begin: 0, end: 10, target: 0, again: 2, skipped: 0, committed: 2 },
        { partition: 2, begin: 0, end: 5, target: 0, again: 3, skipped: 0, committed: 3 },
      ],
    });
    expect(await committed('secured')).toEqual([0, 0, 0]);
  });

  it('reports the state at Ctrl-C, and continues with --enable', async () => {
    await commit('stopped', [8, 2, 3]);
    const { promise: isDisabling, resolve } = Promise.withResolvers<void>();
    const { flags, mapping } = await startMapping('stopped', {
      fault: (request) => {
        if (request === 'GET Disabling') resolve();
        return undefined;
      },
      transitions: 3,
    });
    const line = `${flags} --brokers ${cluster.bootstrapServers} --to-earliest --yes`;
    const { child, ended } = start(line.split(' '));
    await isDisabling;
    child.kill('SIGINT');
    const { code, err } = await ended;
    expect(code).toBe(130);
    expect(err.trim().split('\n').at(-1)).toBe(
      `stopped: no offset was changed, but the mapping ${uuid} is DISABLED, or about to be, and 'orders' is not archived; continue with the same command and --enable, or enable it with: aws lambda update-event-source-mapping --uuid ${uuid} --enabled`,
    );
    expect(await committed('stopped')).toEqual([8, 2, 3]);
    mapping.State = 'Disabled';
    await reset(`${flags} --to-earliest --yes --enable`);
    expect(await committed('stopped')).toEqual([0, 0, 0]);
    expect(mapping.State).toBe('Enabled');
  });
});
