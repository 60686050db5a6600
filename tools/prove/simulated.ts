import type { AuditReport } from '../../lambda/core/audit/report.ts';
import { Random } from '../faults/random.ts';
import { type Reading, storedPlaces } from './archive-truth.ts';
import { type AuditSetup, auditOf } from './audit-of.ts';
import { differences } from './comparison.ts';
import { History } from './history.ts';
import { copyOf, type LossKind, lossKinds, plantLoss, readingFor } from './losses.ts';
import { MemoryLedger } from './memory-ledger.ts';
import { judgeTopic, type Verdicts } from './oracle.ts';

/** The result of proving the audit over some losses. */
export interface Proof {
  readonly planted: number;
  readonly found: number;
  /** Statements of the audit that the oracle contradicts. */
  readonly wrong: number;
  /** In words: what was missed or wrong, after which steps, and how to repeat it. */
  readonly problems: readonly string[];
}

/** Losses that are planted after one history. */
const LOSSES = 6;

/** Plants losses over random histories in memory. The same seed makes the same histories. */
export async function proveSimulated(
  losses: number,
  seed: number,
  onProgress: (planted: number, histories: number) => void,
): Promise<Proof> {
  const random = new Random(seed);
  const total = { planted: 0, found: 0, wrong: 0, problems: [] as string[] };
  for (let histories = 1; total.planted < losses; histories += 1) {
    const historySeed = histories === 1 ? seed : random.below(2 ** 32);
    const proof = await proveHistory(historySeed, losses - total.planted);
    total.planted += proof.planted;
    total.found += proof.found;
    total.wrong += proof.wrong;
    total.problems.push(...proof.problems);
    onProgress(total.planted, histories);
  }
  return total;
}

/** Audits a random history as it goes on, and then its archive with one loss after another. */
export async function proveHistory(seed: number, most = LOSSES): Promise<Proof> {
  const proof = new HistoryProof(seed);
  return proof.run(Math.min(most, LOSSES));
}

class HistoryProof {
  readonly #seed: number;
  readonly #history: History;
  readonly #problems: string[] = [];
  /** What the audits with the topic's own ledger have seen. */
  #seen: Verdicts = new Map();
  #planted = 0;
  #found = 0;
  #wrong = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#history = new History(seed);
  }

  async run(losses: number): Promise<Proof> {
    const { random } = this.#history;
    const rounds = 2 + random.below(3);
    for (let round = 0; round < rounds; round += 1) {
      for (let step = 5 + random.below(12); step > 0; step -= 1) await this.#history.step();
      await this.#auditHistory(random.chance(0.3));
    }
    await this.#history.finish();
    await this.#auditHistory(true);
    for (let loss = 0; loss < losses * 2 && this.#planted < losses; loss += 1) {
      await this.#plant(random.pick(lossKinds));
    }
    const problems = this.#problems;
    if (problems.length > 0) {
      const { steps, topic } = this.#history;
      problems.unshift(`history of seed ${this.#seed}: ${JSON.stringify(topic.traits)}`);
      problems.push(...steps.map((step) => `    ${step}`));
    }
    return { planted: this.#planted, found: this.#found, wrong: this.#wrong, problems };
  }

  /** An audit of the topic as it is, with its own ledger, which must say what the oracle says. */
  async #auditHistory(isFull: boolean): Promise<void> {
    const { random, steps, topic } = this.#history;
    const { ledger } = topic;
    const setup: AuditSetup = { ledger, isFull, reading: 'as-needed' };
    const hasRival = random.chance(0.2);
    if (hasRival) {
      ledger.beforeSave = async () => {
        await auditOf(topic, setup);
      };
    }
    steps.push(`audit${isFull ? ' in full' : ''}${hasRival ? ', with a rival' : ''}`);
    const report = await auditOf(topic, setup);
    const verdicts = this.#judge('as-needed', this.#seen);
    this.#compare(report, verdicts, `audit ${steps.length}`);
    this.#seen = verdicts;
  }

  /** Plants a loss, which an audit must find, and puts everything back. */
  async #plant(kind: LossKind): Promise<void> {
    const { random, topic } = this.#history;
    const reading = readingFor(kind);
    // An audit that continues from a ledger reads no body again.
    const isFirst = reading === 'all' || random.chance(0.5);
    const seen: Verdicts = isFirst ? new Map() : this.#seen;
    const before = this.#judge(reading, seen);
    const bucket = topic.bucket;
    topic.bucket = copyOf(bucket);
    const loss = await plantLoss(kind, topic, random);
    const after = this.#judge(reading, seen);
    const lost = [...after].filter(([place, verdict]) => {
      return verdict === 'lost' && before.get(place) === 'stored';
    });
    if (loss !== undefined && lost.length > 0) {
      this.#planted += 1;
      const ledger = isFirst ? new MemoryLedger() : topic.ledger.copy();
      const report = await auditOf(topic, { ledger, isFull: true, reading });
      const missed = lost.map(([place]) => place).filter((place) => !isFound(report, place));
      const name = `planted ${kind} (${loss.what}), ${isFirst ? 'first audit' : 'with the ledger'}`;
      if (missed.length === 0) this.#found += 1;
      else this.#problems.push(`  ${name}: not found at ${missed.join(' ')}`);
      this.#compare(report, after, name);
    }
    topic.bucket = bucket;
  }

  #judge(reading: Reading, seen: Verdicts): Verdicts {
    const { bucket, facts } = this.#history.topic;
    return judgeTopic({ facts, seen, stored: storedPlaces(bucket, reading) });
  }

  #compare(report: AuditReport, verdicts: Verdicts, name: string): void {
    const found = differences(report, verdicts, this.#history.topic.facts);
    this.#wrong += found.length;
    this.#problems.push(...found.map((text) => `  ${name}: ${text}`));
  }
}

function isFound({ partitions }: AuditReport, place: string): boolean {
  const [partition, offset] = place.split(':').map(Number) as [number, number];
  return partitions.some(
    (each) =>
      each.partition === partition &&
      each.findings.some(
        ({ class: kind, first, last }) => kind === 'lost' && first <= offset && offset <= last,
      ),
  );
}
