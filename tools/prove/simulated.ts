import { Random } from '../faults/random.ts';
import { History } from './history.ts';
import { proveScript, scriptNames } from './scenes.ts';
import { type Proof, sumOf, TopicProof } from './topic-proof.ts';

/** Losses that are planted after one history. */
const LOSSES = 6;

/** Plants losses after each scene and over random histories in memory. The same seed makes the same histories. */
export async function proveSimulated(
  losses: number,
  seed: number,
  onProgress: (planted: number, histories: number) => void,
): Promise<Proof> {
  const random = new Random(seed);
  let total = sumOf([]);
  for (const name of scriptNames) {
    const most = Math.min(LOSSES, losses - total.planted);
    total = sumOf([total, await proveScript(name, random.below(2 ** 32), most)]);
  }
  for (let histories = 1; total.planted < losses; histories += 1) {
    // A single history can be repeated by its seed.
    const historySeed = histories === 1 ? seed : random.below(2 ** 32);
    total = sumOf([total, await proveHistory(historySeed, losses - total.planted)]);
    onProgress(total.planted, histories);
  }
  return total;
}

/** Audits a random history as it goes on, and then its archive with one loss after another. */
export async function proveHistory(seed: number, most = LOSSES): Promise<Proof> {
  const history = new History(seed);
  const { random, steps, topic } = history;
  const proven = new TopicProof(topic, random);
  const audit = async (isFull: boolean) => {
    const hasRival = random.chance(0.2);
    const name = `audit${isFull ? ' in full' : ''}${hasRival ? ', with a rival' : ''}`;
    steps.push(name);
    await proven.audit(`${steps.length}. ${name}`, { isFull, hasRival });
  };
  for (let rounds = 2 + random.below(3); rounds > 0; rounds -= 1) {
    for (let step = 5 + random.below(12); step > 0; step -= 1) await history.step();
    await audit(random.chance(0.3));
  }
  await history.finish();
  await audit(true);
  await proven.plantSome(Math.min(most, LOSSES));
  const { problems, ...proof } = proven.proof;
  if (problems.length === 0) return { ...proof, problems };
  const told = steps.map((step, index) => `    ${index + 1}. ${step}`);
  return { ...proof, problems: [`history of seed ${seed}`, ...problems, ...told] };
}
