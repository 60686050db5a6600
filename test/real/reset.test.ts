import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin, Consumer } from '@platformatic/kafka';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openConsumerGroup } from '../../cli/reset/consumer-group.ts';
import { runResetCli } from '../../cli/reset/main.ts';
import { parseResetOptions } from '../../cli/reset/options.ts';
import { clientOptions } from '../../kafka/connection.ts';
import { bundleFunction } from '../../lib/functions/bundle.ts';
import { endOffsets, KafkaTopic } from '../../tools/local/kafka/kafka-topic.ts';
import { type KafkaCluster, startKafkaCluster } from '../../tools/local/kafka-cluster/cluster.ts';
import { type S3Server, startS3Server } from '../../tools/local/s3-server/server.ts';
import { failureOf } from '../cli/replay/replay-servers.ts';
import { type LambdaOptions, startLambda } from '../cli/reset/lambda-server.ts';
import { ordersMapping, uuid } from '../cli/reset/reset-console.ts';
import { type Archive, archiveTopic, clientsOf } from './archiving.ts';

const hour = 3_600_000;
const root = join(import.meta.dirname, '..', '..');
/** Records of each partition; the last one has none of the last five hours. */
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

/** A topic with a record an hour in each partition; offset 0 is ten hours old. */
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

/** Carries out a command line. @returns what it prints */
async function reset(line: string, brokers = cluster.bootstrapServers): Promise<string[]> {
  const printed: string[] = [];
  const options = parseResetOptions([...line.split(' '), '--brokers', brokers], {}, now);
  if (options === 'help') throw new RangeError(`'${line}' asks for help`);
  await runResetCli(options, {
    ...{ ask: undefined, environment: {}, openGroup: openConsumerGroup },
    pause: () => sleep(20),
    print: (text) => printed.push(text),
    progress: () => undefined,
    stop: new AbortController().signal,
  });
  return printed;
}

const alone = (group: string) => `--topic orders --no-mapping --group ${group}`;

/** Lambda with a mapping of the topic, whose group is that. */
async function startMapping(group: string, given: Partial<LambdaOptions> = {}) {
  const AmazonManagedKafkaEventSourceConfig = { ConsumerGroupId: group };
  const mapping = ordersMapping({ AmazonManagedKafkaEventSourceConfig });
  const lambda = await startLambda({ mappings: [mapping], ...given });
  onTestFinished(lambda.close);
  return {
    journal: lambda.journal,
    mapping,
    flags: `--topic orders --mapping ${uuid} --lambda-endpoint ${lambda.endpoint}`,
  };
}

/** A member of a group, as the pollers of a mapping are. */
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
    // No record of the last partition is so young: it goes to its end.
    ['--hours-back 3 --allow-skip', [7, 7, 5]],
    [`--to ${new Date(now - 6 * hour).toISOString()} --allow-skip`, [4, 4, 4]],
    [`--to ${new Date(now - 6 * hour + 1).toISOString()} --allow-skip`, [5, 5, 5]],
    [`--to ${new Date(now - 6 * hour - 1).toISOString()} --allow-skip`, [4, 4, 4]],
  ])('is moved to exactly: %s', async (target, offsets) => {
    const group = `exact-${target.replaceAll(/\W/g, '')}`;
    await commit(group, [8, 2, 3]);
    await reset(`${alone(group)} ${target} --yes`);
    expect(await committed(group)).toEqual(offsets);
  });

  it('is shown what it would be, and stays', async () => {
    await commit('shown', [8, 2]);
    expect(await reset(`${alone('shown')} --hours-back 3 --dry-run`)).toEqual([
      `topic 'orders', group 'shown', no mapping: to ${new Date(now - 3 * hour).toISOString()}`,
      '',
      'partition  committed  target   difference  meaning',
      '0          8          7        -1          1 read again',
      '1          2          7        +5          5 SKIPPED',
      '2          -          5 (end)  -           nothing committed yet: 5 SKIPPED',
      '',
      'At most 1 record is read again. Batches with the bounds they had are found stored; others',
      'make objects that overlap older ones, exact by topic, partition and offset. Nothing is overwritten.',
      'WARNING: at most 10 records are SKIPPED: the group never reads them, and they are NOT ARCHIVED.',
      'a dry run: nothing was changed',
    ]);
    expect(await failureOf(reset(`${alone('shown')} --hours-back 3 --yes`))).toBe(
      'to skip 10 records, and not archive them, needs --allow-skip; see --help',
    );
    expect(await committed('shown')).toEqual([8, 2]);
  });

  it('that has never been begins where it is told', async () => {
    await reset(`${alone('never')} --to-earliest --yes`);
    expect(await committed('never')).toEqual([0, 0, 0]);
  });

  it('with members is refused, by this program and by the broker', async () => {
    await commit('alive', [8, 2, 3]);
    const { leave } = await enter('alive');
    expect(await failureOf(reset(`${alone('alive')} --to-earliest --yes`))).toBe(
      "the group 'alive' has 1 member: stop what reads with it first; nothing was changed",
    );
    const group = await openConsumerGroup({
      ...{ connection: archive.connection, topic: 'orders', group: 'alive' },
    });
    expect(await group.commit(new Map([[0, 0]]))).toBe(false);
    await group.close();
    expect(await committed('alive')).toEqual([8, 2, 3]);
    await leave();
  });

  it('with members that the broker alone sees is refused, too', async () => {
    const consumer = new Consumer({
      ...clientOptions(archive.connection),
      ...{ groupId: 'newer', groupProtocol: 'consumer' },
    });
    const stream = await consumer.consume({ topics: ['orders'], mode: 'earliest' });
    expect(await failureOf(reset(`${alone('newer')} --to-earliest --yes`))).toBe(
      "the group 'newer' has members, which the broker alone sees: stop what reads with it first; what the offsets are now, --dry-run shows",
    );
    await stream.close();
    await consumer.close(true);
    await reset(`${alone('newer')} --to-earliest --yes`);
    expect(await committed('newer')).toEqual([0, 0, 0]);
  });

  it('is of a topic that is there', async () => {
    expect(await failureOf(reset('--topic no --no-mapping --group g --to-earliest'))).toBe(
      `no topic 'no' at ${cluster.bootstrapServers}; see --help`,
    );
  });
});

describe('a mapping', () => {
  it('is disabled, its last member awaited, and enabled again', async () => {
    await commit('mapped', [8, 2, 3]);
    const { leave } = await enter('mapped');
    const { flags, journal } = await startMapping('mapped', {
      // As the pollers do: they leave some time after the mapping is disabled.
      onState: (state) => state === 'Disabled' && setTimeout(leave, 300),
      journal: [],
    });
    const printed = await reset(`${flags} --to-earliest --yes`);
    expect(printed.slice(-5)).toEqual([
      `disabled: mapping ${uuid}`,
      "empty: group 'mapped'",
      "committed and read back: 3 partitions of 'orders'",
      `enabled: mapping ${uuid}`,
      'done',
    ]);
    expect(journal).toEqual([
      'GET Enabled',
      ...['PUT Enabled=false', 'GET Disabling', 'GET Disabled'],
      ...['PUT Enabled=true', 'GET Enabling', 'GET Enabled'],
    ]);
    expect(await committed('mapped')).toEqual([0, 0, 0]);
  });

  it('archives exactly the records from the target on', async () => {
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
    // Once more from further back: what was archived is found stored, or overlaps, and is never less.
    await reset(`--topic archived --no-mapping --group ${groupId} --to-earliest --yes`);
    const all = await archiveTopic('archived', archive, { groupId, ends: COUNTS });
    const places = new Set(all.lines.map(({ offset, partition }) => `${partition}:${offset}`));
    expect(places.size).toBe(25);
  });
});

describe('a broker that goes away while the mapping is disabled', () => {
  it('leaves the offsets as they were, and the mapping enabled', async () => {
    await commit('away', [8, 2, 3]);
    const { flags, mapping } = await startMapping('away', {
      onState: (state) => state === 'Disabled' && cluster.killBroker(1),
    });
    const failure = await failureOf(reset(`${flags} --to-earliest --yes`));
    await cluster.startBroker(1);
    expect(failure).toMatch(
      new RegExp(`failed: .*; no offset was changed; mapping ${uuid} is enabled again$`),
    );
    expect(mapping.State).toBe('Enabled');
    expect(await committed('away')).toEqual([8, 2, 3]);
    await reset(`${alone('away')} --to-earliest --yes`);
    expect(await committed('away')).toEqual([0, 0, 0]);
  });
});

describe('npm run reset', () => {
  function start(args: readonly string[]) {
    const { password } = cluster.secured ?? {};
    const child = spawn(process.execPath, [join(root, 'bin', 'reset.ts'), ...args], {
      env: { PATH: process.env.PATH, KAFKA_PASSWORD: password },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = (async () => {
      const closed = once(child, 'close');
      const outputs = [text(child.stdout), text(child.stderr)] as const;
      const [out, err, [code]] = await Promise.all([...outputs, closed]);
      return { code, out, err };
    })();
    return { child, ended };
  }

  it('speaks TLS and SCRAM, and answers a program', async () => {
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

  it('says at Ctrl-C in which state it leaves things, and goes on with --enable', async () => {
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
      `stopped: no offset was changed, but mapping ${uuid} is DISABLED, or about to be, and 'orders' is not archived; go on by the same command with --enable, or enable it: aws lambda update-event-source-mapping --uuid ${uuid} --enabled`,
    );
    expect(await committed('stopped')).toEqual([8, 2, 3]);
    mapping.State = 'Disabled';
    await reset(`${flags} --to-earliest --yes --enable`);
    expect(await committed('stopped')).toEqual([0, 0, 0]);
    expect(mapping.State).toBe('Enabled');
  });
});
