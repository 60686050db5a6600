import type { AuditReport } from '../../lambda/core/audit/report.ts';
import { healableRanges } from '../../lambda/heal-lost.ts';
import type { Random } from '../faults/random.ts';
import { namedOffsets, type Reading, storedPlaces } from './archive-truth.ts';
import type { ArchivedTopic } from './archived-topic.ts';
import { type AuditSetup, auditOf } from './audit-of.ts';
import { differences } from './comparison.ts';
import { copyOf, type LossKind, lossKinds, plantLoss, readingFor } from './losses.ts';
import { MemoryDerived } from './memory-derived.ts';
import { type Judged, judgeTopic } from './oracle.ts';

/** The result of proving the audit over some losses. */
export interface Proof {
  readonly planted: number;
  readonly found: number;
  /** Statements of the audit that the oracle contradicts. */
  readonly wrong: number;
  /** In words: what was missed or wrong, after which steps, and how to repeat it. */
  readonly problems: readonly string[];
}

/** Adds proofs up. */
export function sumOf(proofs: readonly Proof[]): Proof {
  return {
    planted: proofs.reduce((sum, { planted }) => sum + planted, 0),
    found: proofs.reduce((sum, { found }) => sum + found, 0),
    wrong: proofs.reduce((sum, { wrong }) => sum + wrong, 0),
    problems: proofs.flatMap(({ problems }) => problems),
  };
}

/** How many of the planted losses are healed. */
const HEALED = 0.3;

/** Audits one topic again and again, and holds each report against the oracle. */
export class TopicProof {
  readonly #topic: ArchivedTopic;
  readonly #random: Random;
  readonly #problems: string[] = [];
  /** What the audits with the topic's own ledger have seen. */
  #seen: Judged | undefined;
  #planted = 0;
  #found = 0;
  #wrong = 0;

  constructor(topic: ArchivedTopic, random: Random) {
    this.#topic = topic;
    this.#random = random;
  }

  get planted(): number {
    return this.#planted;
  }

  get proof(): Proof {
    const { length } = this.#problems;
    const name = `topic ${JSON.stringify(this.#topic.traits)}:`;
    return {
      ...{ planted: this.#planted, found: this.#found, wrong: this.#wrong },
      problems: length === 0 ? [] : [name, ...this.#problems],
    };
  }

  /**
   * Audits the topic as it is, with its own ledger.
   *
   * @param name for messages
   * @param given whether to list everything, and whether another audit saves its ledger meanwhile
   */
  async audit(
    name: string,
    { hasRival, isFull }: { readonly isFull: boolean; readonly hasRival: boolean },
  ): Promise<void> {
    const topic = this.#topic;
    const { derived } = topic;
    const setup = { derived, isFull, reading: 'as-needed' } as const;
    if (hasRival) {
      derived.ledgers.beforeSave = async () => {
        await auditOf(topic, setup);
      };
    }
    const report = await this.#audit(name, setup);
    const seen = this.#judge('as-needed', this.#seen);
    if (report === undefined) return;
    this.#compare(report, seen, name);
    this.#seen = seen;
  }

  /** Plants losses of random kinds, one after another, up to a number. */
  async plantSome(most: number): Promise<void> {
    const wanted = this.#planted + most;
    for (let tries = 0; tries < most * 4 && this.#planted < wanted; tries += 1) {
      await this.#plant(this.#random.pick(lossKinds));
    }
  }

  /** Plants a loss, which an audit must find, and puts everything back. */
  async #plant(kind: LossKind): Promise<void> {
    const topic = this.#topic;
    const reading = readingFor(kind);
    // An audit that continues from a ledger reads no body again.
    const isFirst = reading === 'all' || this.#random.chance(0.5);
    const seen = isFirst ? undefined : this.#seen;
    const before = this.#judge(reading, seen);
    const { bucket } = topic;
    topic.bucket = copyOf(bucket);
    const loss = await plantLoss(kind, topic, this.#random);
    const after = this.#judge(reading, seen);
    const lost = [...after.verdicts].filter(([place, verdict]) => {
      return verdict === 'lost' && before.verdicts.get(place) === 'stored';
    });
    if (loss !== undefined && lost.length > 0) {
      this.#planted += 1;
      const derived = isFirst ? new MemoryDerived() : topic.derived.copy();
      const name = `planted ${kind} (${loss.what}), ${isFirst ? 'first audit' : 'with the ledger'}`;
      const report = await this.#audit(name, { derived, isFull: true, reading });
      if (report !== undefined) {
        const missed = lost.map(([place]) => place).filter((place) => !isFound(report, place));
        if (missed.length === 0) this.#found += 1;
        else this.#problems.push(`  ${name}: not found at ${missed.join(' ')}`);
        this.#compare(report, after, name);
        if (this.#random.chance(HEALED))
          await this.#heal(report, { derived, name, reading, after });
      }
    }
    topic.bucket = bucket;
  }

  /** Heals what a report calls lost. The next audit finds nothing lost that the brokers still have. */
  async #heal(
    lost: AuditReport,
    {
      after,
      derived,
      name,
      reading,
    }: Pick<AuditSetup, 'derived' | 'reading'> & {
      readonly after: Judged;
      readonly name: string;
    },
  ): Promise<void> {
    await this.#topic.heal(lost);
    const healed = `${name}, healed`;
    const report = await this.#audit(healed, { derived, isFull: true, reading });
    if (report === undefined) return;
    this.#compare(report, this.#judge(reading, after), healed);
    for (const { first, last, partition } of healableRanges(report)) {
      this.#wrong += 1;
      this.#problems.push(`  ${healed}: ${partition}:${first}-${last} is still lost`);
    }
  }

  /** Audits the topic. An audit that fails says nothing, which is a problem of its own. */
  async #audit(name: string, setup: AuditSetup): Promise<AuditReport | undefined> {
    try {
      return await auditOf(this.#topic, setup);
    } catch (error) {
      this.#wrong += 1;
      this.#problems.push(`  ${name}: failed: ${error instanceof Error ? error.stack : error}`);
      return undefined;
    }
  }

  #judge(reading: Reading, before: Judged | undefined): Judged {
    const { bucket, facts } = this.#topic;
    const [named, stored] = [namedOffsets(bucket), storedPlaces(bucket, reading)];
    return judgeTopic({ before, facts, named, stored });
  }

  #compare(report: AuditReport, expected: Judged, name: string): void {
    const found = differences(report, { ...expected, facts: this.#topic.facts });
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
