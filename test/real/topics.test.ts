import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Admin, Producer } from '@platformatic/kafka';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOptions } from '../../kafka/connection.ts';
import { bundleFunction } from '../../lib/functions/bundle.ts';
import { until } from '../../tools/faults/world.ts';
import { endOffsets, KafkaTopic } from '../../tools/local/kafka/kafka-topic.ts';
import { type KafkaCluster, startKafkaCluster } from '../../tools/local/kafka-cluster/cluster.ts';
import { type S3Server, startS3Server } from '../../tools/local/s3-server/server.ts';
import { type Archive, archiveTopic, clientsOf, type Line } from './archiving.ts';

let folder: string;
let cluster: KafkaCluster;
let s3: S3Server;
let archive: Archive;
let admin: Admin;
let producer: ReturnType<typeof clientsOf>['producer'];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'topics-'));
  const properties = { 'log.cleaner.backoff.ms': '200' };
  cluster = await startKafkaCluster({ folder: join(folder, 'kafka'), properties });
  s3 = await startS3Server({ root: join(folder, 's3'), buckets: ['archive'] });
  const connection = { brokers: [cluster.bootstrapServers] };
  const codeFolder = bundleFunction('archive', join(folder, 'code'));
  archive = { connection, s3, bucket: 'archive', folder, codeFolder };
  ({ admin, producer } = clientsOf(connection));
});

afterAll(async () => {
  await Promise.all([admin.close(), producer.close()]);
  await s3.close();
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Draft {
  readonly key?: Buffer | null;
  readonly value?: Buffer | null;
  readonly headers?: Map<Buffer, Buffer>;
  readonly timestamp?: bigint;
}

async function create(topic: string, configs: Readonly<Record<string, string>> = {}) {
  await admin.createTopics({
    topics: [topic],
    partitions: 1,
    replicas: 1,
    configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
  });
}

/** Messages of a topic; their values are `v0`, `v1` and so on where none is given. */
const messages = (topic: string, drafts: readonly Draft[], first = 0) =>
  drafts.map((draft, i) => ({
    topic,
    partition: 0,
    key: null,
    value: Buffer.from(`v${first + i}`),
    ...draft,
  }));

const send = (topic: string, drafts: readonly Draft[]) =>
  producer.send({ messages: messages(topic, drafts), acks: -1 });

const some = (count: number): Draft[] => Array.from({ length: count }, () => ({}));

const offsetsOf = (lines: readonly Line[]) => lines.map(({ offset }) => offset);
const from = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);

describe('a topic', () => {
  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'compressed: %s',
    async (compression) => {
      const topic = `codec-${compression}`;
      await create(topic);
      await producer.send({ messages: messages(topic, some(50)), compression, acks: -1 });
      const { lines } = await archiveTopic(topic, archive);
      expect(lines.map(({ offset, value }) => [offset, value])).toEqual(
        from(0, 50).map((offset) => [offset, `v${offset}`]),
      );
    },
  );

  it('with and without keys, values and headers', async () => {
    const empty = Buffer.alloc(0);
    const bytes = Buffer.from([0xff, 0x00]);
    await create('kinds');
    await send('kinds', [
      { key: null, value: Buffer.from('{"a":1.50}') },
      { key: Buffer.from('k'), value: null },
      { key: empty, value: empty },
      { key: bytes, value: bytes },
      {
        headers: new Map([
          [Buffer.from('h'), Buffer.from('1')],
          [Buffer.from('h'), Buffer.from('2')],
          [Buffer.from('empty'), empty],
        ]),
      },
    ]);
    const { lines } = await archiveTopic('kinds', archive);
    const shown = lines.map((line) => [
      line.key,
      line.key_encoding,
      line.value,
      line.value_encoding,
    ]);
    expect(shown).toEqual([
      [null, 'null', { a: 1.5 }, 'json'],
      ['k', 'utf8', null, 'null'],
      ['', 'utf8', '', 'utf8'],
      ['/wA=', 'base64', '/wA=', 'base64'],
      [null, 'null', 'v4', 'utf8'],
    ]);
    expect(lines[4]?.headers.map(({ name, value }) => [name, value])).toEqual([
      ['h', '1'],
      ['h', '2'],
      ['empty', ''],
    ]);
  });

  it('with the time of creation', async () => {
    await create('create-time');
    // In one batch the client would write the second a few milliseconds off.
    await send('create-time', [{ timestamp: 1_763_895_200_001n }]);
    await send('create-time', [{ timestamp: 1_500_000_000_000n }]);
    const { lines } = await archiveTopic('create-time', archive);
    expect(lines.map((line) => [line.timestamp, line.timestamp_type])).toEqual([
      [1_763_895_200_001, 'CREATE_TIME'],
      [1_500_000_000_000, 'CREATE_TIME'],
    ]);
  });

  it('with the time of its log', async () => {
    await create('log-append-time', { 'message.timestamp.type': 'LogAppendTime' });
    const before = Date.now();
    await send('log-append-time', [{ timestamp: 1n }, { timestamp: 2n }]);
    const { lines } = await archiveTopic('log-append-time', archive);
    expect(lines.map((line) => line.timestamp_type)).toEqual([
      'LOG_APPEND_TIME',
      'LOG_APPEND_TIME',
    ]);
    for (const { timestamp } of lines) {
      expect(timestamp).toBeGreaterThanOrEqual(before);
      expect(timestamp).toBeLessThanOrEqual(Date.now());
    }
  });
});

describe('a topic with transactions', () => {
  beforeAll(async () => {
    await create('transactions');
    const transactional = new Producer<Buffer | null, Buffer | null, Buffer, Buffer>({
      ...clientOptions(archive.connection),
      retries: 20,
      idempotent: true,
      transactionalId: 'test',
    });
    // Two records and a mark each: offsets 0-2, 3-5, 6-8, 9-11, and a last one after them.
    for (const [number, isCommitted] of [true, false, false, true].entries()) {
      const transaction = await transactional.beginTransaction();
      const sent = messages('transactions', some(2), number * 2);
      await transaction.send({ messages: sent, acks: -1 });
      await (isCommitted ? transaction.commit() : transaction.abort());
    }
    await transactional.close();
    // The broker answers a commit before it has written the mark, which a record could come before.
    const isMarked = async () => (await endOffsets(admin, 'transactions')).get(0) === 12;
    expect(await until(isMarked, { everyMs: 20, withinMs: 30_000 })).toBe(true);
    await send('transactions', some(1));
  });

  it('has only what was committed, and holes where marks and aborted records are', async () => {
    const { lines } = await archiveTopic('transactions', archive, { ends: [13] });
    expect(lines.map(({ offset, value }) => [offset, value])).toEqual([
      [0, 'v0'],
      [1, 'v1'],
      [9, 'v6'],
      [10, 'v7'],
      [12, 'v0'],
    ]);
  });
});

describe('a compacted topic', () => {
  it('has what compaction has left', async () => {
    await create('compacted', {
      'cleanup.policy': 'compact',
      'segment.ms': '100',
      'min.cleanable.dirty.ratio': '0.01',
      'max.compaction.lag.ms': '100',
    });
    const key = Buffer.from('same');
    await send(
      'compacted',
      Array.from({ length: 20 }, () => ({ key })),
    );
    const read = async (groupId: string) =>
      offsetsOf((await archiveTopic('compacted', archive, { groupId })).lines);
    // Records of the active segment stay: each of these makes another one active.
    let isCompacted = false;
    for (let end = 21; end < 60 && !isCompacted; end++) {
      await send('compacted', [{ key: Buffer.from(`other-${end}`) }]);
      const { admin: other, producer: unused } = clientsOf(archive.connection);
      await until(async () => (await endOffsets(other, 'compacted')).get(0) === end, {
        everyMs: 150,
        withinMs: 5000,
      });
      await Promise.all([other.close(), unused.close()]);
      isCompacted = !(await firstBatchHas(0));
    }
    expect(isCompacted).toBe(true);
    const offsets = await read('after-compaction');
    expect(offsets).not.toContain(0);
    expect(offsets).toContain(19);
    expect(new Set(offsets).size).toBe(offsets.length);
  });
});

/** Whether the compacted topic still has an offset. */
async function firstBatchHas(offset: number): Promise<boolean> {
  const source = new KafkaTopic({
    connection: archive.connection,
    topic: 'compacted',
    groupId: `look-${Date.now()}`,
    startingPosition: 'earliest',
    sessionTimeoutMs: 6000,
    observe: () => undefined,
  });
  const poller = await source.join();
  const patience = AbortSignal.timeout(10_000);
  const reader = poller.reader([0]);
  const records = await reader.read({ maxRecords: 1, maxBytes: 1 }, patience);
  await poller.leave();
  await source.close();
  return records.some((record) => record.offset === offset);
}

describe('an offset that was deleted before it was read', () => {
  async function deletedUpTo(topic: string) {
    await create(topic);
    await send(topic, some(5));
    await archiveTopic(topic, archive);
    await send(topic, some(10));
    await admin.deleteRecords({
      topics: [{ name: topic, partitions: [{ partition: 0, offset: 8n }] }],
    });
  }

  it('is skipped, said and counted: earliest', async () => {
    await deletedUpTo('range-earliest');
    const { events, lines } = await archiveTopic('range-earliest', archive);
    expect(offsetsOf(lines)).toEqual([...from(0, 5), ...from(8, 7)]);
    expect(events.filter(({ type }) => type === 'out of range')).toEqual([
      { type: 'out of range', partition: 0, from: 5, to: 8, lost: 3 },
    ]);
  });

  it('is skipped with all that follows: latest', async () => {
    await deletedUpTo('range-latest');
    const archiving = archiveTopic('range-latest', archive, { outOfRange: 'latest', ends: [16] });
    // Until it has gone to the end; what comes after is read.
    const more = setInterval(() => void send('range-latest', some(1)).catch(() => undefined), 500);
    const archived = await archiving.finally(() => clearInterval(more));
    const events = archived.events.filter(({ type }) => type === 'out of range');
    expect(events).toMatchObject([{ partition: 0, from: 5 }]);
    const offsets = offsetsOf(archived.lines);
    expect(offsets.slice(0, 5)).toEqual(from(0, 5));
    expect(Math.min(...offsets.slice(5))).toBeGreaterThanOrEqual(15);
  });

  it('stops the mapping: stop', async () => {
    await deletedUpTo('range-stop');
    await expect(archiveTopic('range-stop', archive, { outOfRange: 'stop' })).rejects.toThrow(
      new RangeError('partition 0 no longer has offset 5: its log begins at 8'),
    );
  });
});

describe('the starting position', () => {
  const noon = 1_763_895_200_000;

  it('is the first offset at or after a time', async () => {
    await create('from-time');
    await send(
      'from-time',
      from(0, 10).map((i) => ({ timestamp: BigInt(noon + i * 1000) })),
    );
    const startingPosition = { timestamp: noon + 3500 };
    const { lines } = await archiveTopic('from-time', archive, { startingPosition });
    expect(offsetsOf(lines)).toEqual(from(4, 6));
  });

  it('is the end: what was there before is not read', async () => {
    await create('from-latest');
    await send('from-latest', some(5));
    const archiving = archiveTopic('from-latest', archive, {
      startingPosition: 'latest',
      ends: [6],
    });
    const more = setInterval(() => void send('from-latest', some(1)).catch(() => undefined), 500);
    const { lines } = await archiving.finally(() => clearInterval(more));
    expect(Math.min(...offsetsOf(lines))).toBeGreaterThanOrEqual(5);
  });

  it('is ignored, and said to be, where the group has offsets', async () => {
    await create('from-group');
    await send('from-group', some(5));
    const first = await archiveTopic('from-group', archive);
    await send('from-group', some(5));
    const second = await archiveTopic('from-group', archive, { startingPosition: 'latest' });
    const ignored = (events: readonly { readonly type: string }[]) =>
      events.filter(({ type }) => type === 'starting position ignored');
    expect(ignored(first.events)).toEqual([]);
    expect(ignored(second.events)).toEqual([
      { type: 'starting position ignored', partitions: [0] },
    ]);
    expect(offsetsOf(second.lines)).toEqual(from(0, 10));
  });
});

describe('memory', () => {
  it('is bounded, however long the log is', async () => {
    await create('long');
    const kilobytes = Array.from({ length: 500 }, () => ({ value: Buffer.alloc(1024, 'x') }));
    for (let i = 0; i < 80; i++) await send('long', kilobytes);
    const source = new KafkaTopic({
      connection: archive.connection,
      topic: 'long',
      groupId: 'long',
      startingPosition: 'earliest',
      sessionTimeoutMs: 6000,
      observe: () => undefined,
    });
    const poller = await source.join();
    const reader = poller.reader([0]);
    const signal = AbortSignal.timeout(20_000);
    const before = process.memoryUsage().arrayBuffers;
    const read = await reader.read({ maxRecords: 10, maxBytes: 1e9 }, signal);
    // A batch is in the function, and its partition is paused: what is under way arrives.
    await until(() => false, { everyMs: 100, withinMs: 2500 });
    const held = process.memoryUsage().arrayBuffers - before;
    expect(read).toHaveLength(10);
    expect(held).toBeLessThan(8 * 1024 * 1024);
    await poller.leave();
    await source.close();
  });
});
