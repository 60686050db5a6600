import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin } from '@platformatic/kafka';
import { clientOptions, keepAlive } from '../../kafka/connection.ts';
import { Random } from '../faults/random.ts';
import { startKafkaCluster } from '../local/kafka-cluster/cluster.ts';
import type { TopicTraits } from './archived-topic.ts';
import {
  type BatchFate,
  type KafkaMessage,
  type KafkaPlace,
  OVERSIZE,
  RealTopic,
} from './kafka-topic.ts';
import { type Proof, sumOf, TopicProof } from './topic-proof.ts';

/** A topic on a real broker, with its proof. */
interface Scene {
  readonly topic: RealTopic;
  readonly proven: TopicProof;
  readonly random: Random;
  audit(name: string, isFull?: boolean): Promise<void>;
}

const scenes: Readonly<
  Record<string, { readonly traits?: Partial<TopicTraits>; play(scene: Scene): Promise<void> }>
> = {
  // First, because fewer losses can be planted in it: later scenes make up for it.
  'created-again': { play: playCreatedAgain },
  plain: { play: playPlain },
  transactions: { traits: { partitions: 2 }, play: playTransactions },
  compacted: { traits: { isCompacted: true, partitions: 1 }, play: playCompacted },
  retention: { traits: { timeFolder: 'day' }, play: playRetention },
  filtered: { traits: { isFiltered: true, objectOf: 'partition' }, play: playFiltered },
};

/** The names of the topics on the real broker, each with a history of its own. */
export const sceneNames = Object.keys(scenes);

/** Cleaning, retention and time-outs within a second. */
/** Milliseconds after which the next record begins another segment. */
const SEGMENT_MS = 300;

const BROKER = {
  'log.cleaner.backoff.ms': '200',
  'log.retention.check.interval.ms': '300',
  'log.initial.task.delay.ms': '300',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '200',
};

/** Plants losses in the archives of topics on a real broker. */
export async function proveOnKafka(
  losses: number,
  { folder, names = sceneNames, seed }: { folder: string; names?: readonly string[]; seed: number },
  onProgress: (planted: number, scene: string) => void,
): Promise<Proof> {
  mkdirSync(folder, { recursive: true });
  const cluster = await startKafkaCluster({ folder, brokers: 1, properties: BROKER });
  const connection = { brokers: cluster.bootstrapServers.split(',') };
  const admin = keepAlive(new Admin({ ...clientOptions(connection), retries: 5 }));
  const place = { connection, admin, data: join(folder, 'broker-1', 'data') };
  const random = new Random(seed);
  let total = sumOf([]);
  try {
    for (const [index, name] of names.entries()) {
      const share = Math.ceil((losses - total.planted) / (names.length - index));
      total = sumOf([total, await playScene(name, place, { losses: share, random })]);
      onProgress(total.planted, name);
    }
  } finally {
    await admin.close();
    await cluster.stop();
  }
  return total;
}

async function playScene(
  name: string,
  place: KafkaPlace,
  { losses, random }: { losses: number; random: Random },
): Promise<Proof> {
  const scene = scenes[name];
  if (scene === undefined) throw new RangeError(`no scene '${name}'`);
  const traits: TopicTraits = {
    ...{ topic: name, partitions: 2, isCompacted: false, isFiltered: false },
    ...{ objectOf: 'batch', timeFolder: 'hour', compression: 'gzip', objectPrefix: '' },
    ...scene.traits,
  };
  const topic = new RealTopic(traits, place);
  const proven = new TopicProof(topic, random);
  try {
    await scene.play({
      ...{ topic, proven, random },
      audit: async (step, isFull = false) => {
        topic.now = Date.now();
        await proven.audit(step, { isFull, hasRival: false });
      },
    });
    topic.now = Date.now();
    await proven.plantSome(losses);
  } finally {
    await topic.close();
  }
  return proven.proof;
}

/** Records of random kinds, in random partitions. */
function some(count: number, partitions: number, random: Random): KafkaMessage[] {
  return Array.from({ length: count }, () => ({
    partition: random.below(partitions),
    kind: random.pick(['order', 'sale-1', 'visit']),
    key: `k${random.below(5)}`,
  }));
}

/** Fates of batches in turn. */
function inTurn(...fates: readonly BatchFate[]): () => BatchFate {
  let next = 0;
  return () => {
    const fate = fates[next % fates.length] ?? 'stored';
    next += 1;
    return fate;
  };
}

/** Failed batches in every state, an added partition, and a group that is moved back and forth. */
async function playPlain({ audit, random, topic }: Scene): Promise<void> {
  await topic.create({ 'max.message.bytes': '10000000' });
  await topic.produce(some(60, 2, random));
  await topic.produce([{ partition: 0, kind: 'order', bytes: OVERSIZE + 1 }]);
  await topic.produce(some(20, 2, random));
  topic.fateOf = inTurn('stored', 'failed', 'stored', 'failed after it was stored', 'failed');
  await topic.archive(8);
  await audit('failed batches wait');
  const [first = '', second = ''] = topic.waiting;
  await topic.replay(first);
  topic.dismiss(second);
  await audit('one is replayed, one dismissed');

  topic.fateOf = () => 'stored';
  await topic.addPartition();
  await topic.produce(some(30, 3, random));
  await audit('an added partition, not archived yet');
  await topic.archive(12);
  await audit('an added partition, archived');

  await topic.reset(0, 5, true);
  await audit('the group was moved back');
  await topic.archive(9);
  await audit('and has read again');
  await topic.produce(some(40, 3, random));
  const { committed = 0 } = topic.factsOf(1);
  await topic.reset(1, committed + 6, true);
  await topic.archive(10);
  await audit('the group was moved forward', true);
  await topic.reset(1, committed + 3, true);
  await topic.archive(10);
  await audit('and back a little', true);
}

/** Two producers at a time, aborts, and one that times out. */
async function playTransactions({ audit, random, topic }: Scene): Promise<void> {
  await topic.create();
  const [one, two] = [await topic.transactions('one'), await topic.transactions('two', 2000)];
  for (let round = 0; round < 3; round += 1) {
    const [a, b] = [await one.begin(), await two.begin()];
    await a.send(some(6, 2, random));
    await b.send(some(4, 2, random));
    await topic.produce(some(3, 2, random));
    await a.send(some(2, 2, random));
    await (round === 1 ? a.abort() : a.commit());
    await (round === 2 ? b.timeOut() : b.abort());
  }
  const open = await one.begin();
  await open.send(some(4, 2, random));
  await topic.produce(some(5, 2, random));
  await topic.archive(7);
  await audit('a transaction is open');
  await open.commit();
  await topic.archive(7);
  await audit('it is committed');
}

/** Archived in part before it was cleaned, and in part after that. */
async function playCompacted({ audit, random, topic }: Scene): Promise<void> {
  await topic.create({
    ...{
      'cleanup.policy': 'compact',
      'segment.ms': String(SEGMENT_MS),
      'min.cleanable.dirty.ratio': '0.001',
    },
    ...{ 'max.compaction.lag.ms': '1000', 'delete.retention.ms': '100' },
  });
  await topic.produce(some(30, 1, random));
  await topic.archive(10);
  await audit('before it was cleaned');
  const producer = await topic.transactions('compacted');
  const open = await producer.begin();
  await open.send(some(15, 1, random));
  await open.commit();
  const aborted = await producer.begin();
  await aborted.send(some(5, 1, random));
  await aborted.abort();
  await topic.produce(some(20, 1, random));
  await rollUntilCleaned(topic, random);
  await topic.archive(10);
  await audit('after it was cleaned');
}

/** Produces until the cleaner has removed records that are not archived: only a later record ends a segment. */
async function rollUntilCleaned(topic: RealTopic, random: Random): Promise<void> {
  const { committed = 0, removed } = topic.factsOf(0);
  const isCleaned = () => [...removed].some((offset) => offset > committed);
  while (!isCleaned()) {
    await sleep(SEGMENT_MS);
    await topic.produce(some(1, 1, random));
  }
  await topic.settle(isCleaned);
}

/** Records that the broker deleted after and before they were archived, by request and by retention. */
async function playRetention({ audit, random, topic }: Scene): Promise<void> {
  await topic.create();
  await topic.produce(some(40, 2, random));
  await topic.archive(10);
  await topic.deleteBelow(0, 7);
  await audit('deleted after it was archived');
  await topic.produce(some(30, 2, random));
  await topic.deleteBelow(0, (topic.factsOf(0).committed ?? 0) + 5);
  await topic.archive(10);
  await audit('deleted before it was archived');
  await audit('and looked at again, in full', true);
  await topic.produce(some(20, 2, random));
  await topic.configure('retention.ms', '1');
  await topic.settle(() =>
    topic.facts.partitions.every(({ logStart, offsets }) => logStart === offsets.length),
  );
  await topic.configure('retention.ms', '-1');
  await topic.produce(some(30, 2, random));
  await topic.archive(10);
  await audit('expired at the broker', true);
}

/** A filter that leaves out most records, and transactions. */
async function playFiltered({ audit, random, topic }: Scene): Promise<void> {
  await topic.create();
  await topic.produce(some(50, 2, random));
  const producer = await topic.transactions('filtered');
  const open = await producer.begin();
  await open.send(some(10, 2, random));
  await open.abort();
  await topic.produce(some(20, 2, random));
  topic.fateOf = inTurn('stored', 'stored', 'failed');
  await topic.archive(10);
  await audit('filtered');
  for (const key of topic.waiting) await topic.replay(key);
  await audit('filtered, and replayed');
}

/** A topic with the name of one whose archive stays: first with fewer records than that had, then with more. */
async function playCreatedAgain({ audit, random, topic }: Scene): Promise<void> {
  await topic.create();
  await topic.produce(some(60, 2, random));
  await topic.archive(10);
  await audit('the first topic');
  await topic.recreate();
  await audit('created again, without records');
  await topic.produce(some(20, 2, random));
  await topic.archive(10);
  await audit('created again, with fewer records', true);
  await topic.produce(some(90, 2, random));
  await topic.archive(10);
  await audit('created again, with more records');
}
