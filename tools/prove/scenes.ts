import { Random } from '../faults/random.ts';
import type { TopicTraits } from './archived-topic.ts';
import { PLAIN } from './memory-log.ts';
import { SimulatedTopic } from './simulated-topic.ts';
import { type Proof, TopicProof } from './topic-proof.ts';

const HOUR_MS = 3_600_000;
const BEGIN = Date.UTC(2026, 10, 1, 9, 58);

/** A topic in memory whose history is written down, with its proof. */
interface Scene {
  readonly topic: SimulatedTopic;
  /** Produces records to every partition, and archives all that are not archived. */
  produce(count: number): Promise<void>;
  archive(): Promise<void>;
  audit(name: string, isFull?: boolean): Promise<void>;
}

interface Script {
  readonly traits?: Partial<TopicTraits>;
  play(scene: Scene): Promise<void>;
}

const fromTime = BEGIN + 2 * HOUR_MS;

/** What random histories do not have: each would change everything that follows. */
const scripts: Readonly<Record<string, Script>> = {
  'starts at the end': { traits: { start: 'latest' }, play: playStart },
  'starts at a time': { traits: { start: fromTime / 1000 }, play: playStart },
  'created again': { play: playCreatedAgain },
};

/** The names of the scenes. */
export const scriptNames = Object.keys(scripts);

/** Plays a scene, audits it as it goes on, and then its archive with one loss after another. */
export async function proveScript(name: string, seed: number, losses: number): Promise<Proof> {
  const random = new Random(seed);
  const { play, traits } = scripts[name] as Script;
  const topic = new SimulatedTopic(
    {
      ...{ topic: 'orders', partitions: 2, isCompacted: false, isFiltered: false },
      ...{ objectOf: random.pick(['batch', 'partition']), timeFolder: 'hour' },
      ...{ compression: 'none', objectPrefix: '', ...traits },
    },
    BEGIN,
  );
  const proven = new TopicProof(topic, random);
  await play({
    topic,
    produce: async (count) => {
      topic.now += HOUR_MS;
      for (const { partition } of topic.logs)
        topic.produce(partition, some(count, topic, random), PLAIN);
    },
    archive: async () => {
      for (let isDone = false; !isDone; ) {
        const read = topic.logs.flatMap(({ partition }) => topic.read(partition, 7));
        await topic.store(topic.filtered(read));
        topic.commit(read, false);
        isDone = read.length === 0;
      }
    },
    audit: (step, isFull = false) => proven.audit(`${name}: ${step}`, { isFull, hasRival: false }),
  });
  await proven.plantSome(losses);
  return proven.proof;
}

function some(count: number, { now }: SimulatedTopic, random: Random) {
  return Array.from({ length: count }, (_, n) => {
    const kind = random.pick(['order', 'sale-1', 'visit']);
    const value = Buffer.from(JSON.stringify({ kind, n, r: random.next() }));
    const record = { timestamp: now + n, timestampType: 'CREATE_TIME', key: null } as const;
    return { ...record, kind, value, headers: [] };
  });
}

/** Records of before the mapping began, and after that. */
async function playStart({ archive, audit, produce, topic }: Scene): Promise<void> {
  await produce(20);
  topic.startHere();
  await audit('nothing is archived');
  await produce(30);
  await audit('nothing is committed');
  await archive();
  await audit('archived');
  await produce(10);
  await archive();
  await audit('archived again', true);
}

/** A topic with the name of one whose archive stays, with fewer records than it had, and then with more. */
async function playCreatedAgain({ archive, audit, produce, topic }: Scene): Promise<void> {
  await produce(30);
  await archive();
  await audit('the first topic');
  topic.recreate();
  await audit('without records');
  await produce(12);
  await archive();
  await audit('with fewer records');
  await audit('with fewer records, in full', true);
  await produce(40);
  await archive();
  await audit('with more records');
  await audit('with more records, in full', true);
}
