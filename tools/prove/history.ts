import { compressions, objectForms, timeFolders } from '../../lambda/contract.ts';
import type { BrokerRecord } from '../../lambda/core/audit/broker.ts';
import { Random } from '../faults/random.ts';
import type { Transaction } from './facts.ts';
import { type NewRecord, PLAIN } from './memory-log.ts';
import { oversizeValue, SimulatedTopic } from './simulated-topic.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const BEGIN = Date.UTC(2026, 10, 1, 9, 58);

interface OpenTransaction {
  readonly producerId: bigint;
  readonly transaction: Transaction;
}

/** Random steps of producers, brokers, the mapping and operators, on one topic. */
export class History {
  readonly random: Random;
  readonly topic: SimulatedTopic;
  /** What happened, in words, to print if an audit is wrong. */
  readonly steps: string[] = [];
  readonly #isTransactional: boolean;
  readonly #open: OpenTransaction[] = [];
  #producers = 0n;
  #produced = 0;

  constructor(seed: number) {
    const random = new Random(seed);
    this.random = random;
    this.#isTransactional = random.chance(0.5);
    this.topic = new SimulatedTopic(
      {
        topic: random.pick(['orders', '_schemas', 'orders-2', 'shop.orders']),
        partitions: 1 + random.below(3),
        isCompacted: random.chance(0.35),
        isFiltered: random.chance(0.35),
        objectOf: random.pick(objectForms),
        timeFolder: random.pick(timeFolders),
        compression: random.pick(
          compressions.filter((each) => each !== 'zstd') as ['gzip', 'none'],
        ),
        objectPrefix: random.pick(['', 'shop/']),
      },
      BEGIN,
    );
    this.#begin();
  }

  /** One random step. */
  async step(): Promise<void> {
    const { random, topic } = this;
    const partition = random.below(topic.logs.length);
    await random.pick([
      () => this.#produce(partition),
      () => this.#produce(partition),
      () => this.#produce(partition),
      () => this.#transact(),
      () => this.#transact(),
      () => this.archive(),
      () => this.archive(),
      () => this.archive(),
      () => this.archive(),
      () => this.#operate(),
      () => this.#operate(),
      () => this.#disturb(partition),
      () => this.#reset(partition),
    ])();
    // Now and then days without traffic, so that audits list what is recent alone.
    this.topic.now += random.chance(0.06)
      ? random.below(100) * HOUR_MS
      : random.below(40) * MINUTE_MS;
  }

  /** Decides all transactions and archives everything, except for what failed. */
  async finish(): Promise<void> {
    while (this.#open.length > 0) this.#end();
    for (let round = 0; round < 200 && this.#lag() > 0; round += 1) await this.archive();
  }

  /** One batch of the mapping, which may fail, and whose commit may be lost. */
  async archive(): Promise<void> {
    const { random, topic } = this;
    const partitions = random.shuffle([...topic.logs.keys()]).slice(0, 1 + random.below(3));
    const read = partitions.flatMap((each) => topic.read(each, 1 + random.below(30)));
    const wanted = topic.filtered(read);
    const fits = wanted.filter(({ value }) => value !== oversizeValue());
    const outcome = random.pick([
      ...(['stored', 'stored', 'stored', 'stored', 'stored', 'stored', 'stored'] as const),
      ...(['failed', 'failed after it was stored', 'not committed'] as const),
    ]);
    this.#note(`archive ${describe(read)}: ${outcome}`);
    for (const record of wanted) {
      if (!fits.includes(record)) topic.fail([record], 'MaximumPayloadSizeExceeded');
    }
    if (outcome !== 'failed') await topic.store(fits);
    if (outcome.startsWith('failed') && fits.length > 0) topic.fail(fits, 'RetryAttemptsExhausted');
    if (outcome !== 'not committed') topic.commit(read, random.chance(0.5));
  }

  /** Keeps records as a failed batch, as healing does, and replays it. */
  async heal(records: readonly BrokerRecord[]): Promise<void> {
    this.#note(`heal ${describe(records)}`);
    await this.topic.replay(this.topic.fail(records, 'RetryAttemptsExhausted'));
  }

  /** Records of before the mapping, which starts at the beginning, or at a time. */
  #begin(): void {
    const { random } = this;
    for (const partition of this.topic.logs.keys()) {
      if (random.chance(0.3)) this.#produce(partition);
    }
  }

  #produce(partition: number, open?: OpenTransaction): void {
    const { random, topic } = this;
    const count = 1 + random.below(12);
    const records = Array.from({ length: count }, () => this.#newRecord());
    topic.produce(
      partition,
      records,
      open === undefined ? PLAIN : { ...open, isTransactional: true },
    );
    this.#note(
      `produce ${count} to ${partition}${open ? ` (transaction of ${open.producerId})` : ''}`,
    );
  }

  #newRecord(): NewRecord & { readonly kind: string } {
    const { random, topic } = this;
    const { isCompacted, isFiltered } = topic.traits;
    this.#produced += 1;
    const kind = random.pick(['order', 'sale-1', 'visit', 'text']);
    const late = random.chance(0.05) ? random.below(30) * HOUR_MS : 0;
    const value = Buffer.from(
      kind === 'text' ? `text ${this.#produced}` : JSON.stringify({ kind, n: this.#produced }),
    );
    const isOversize = !isFiltered && random.chance(0.01);
    return {
      kind,
      timestamp: random.chance(0.01) ? -1 : topic.now - late,
      timestampType: 'CREATE_TIME',
      key: isCompacted ? Buffer.from(`k${random.below(8)}`) : null,
      value: isOversize ? oversizeValue() : value,
      headers: [],
    };
  }

  /** Begins, continues, commits, aborts or times out a transaction; two of them may interleave. */
  #transact(): void {
    const { random, topic } = this;
    if (!this.#isTransactional) return;
    if (this.#open.length < 2 && random.chance(0.5)) {
      this.#producers += 1n;
      this.#open.push({ producerId: this.#producers, transaction: { outcome: 'open' } });
    }
    const open = this.#open[random.below(this.#open.length)];
    if (open === undefined) return;
    if (random.chance(0.6)) this.#produce(random.below(topic.logs.length), open);
    else this.#end(open);
  }

  #end(open = this.#open[0] as OpenTransaction): void {
    const control = this.random.chance(0.6) ? 'commit' : 'abort';
    this.#open.splice(this.#open.indexOf(open), 1);
    this.topic.endTransaction(open.producerId, open.transaction, control);
    this.#note(`${control} the transaction of ${open.producerId}`);
  }

  /** What operators do about a failed batch. */
  async #operate(): Promise<void> {
    const [key] = this.random.shuffle(this.topic.waiting);
    if (key === undefined) return;
    if (this.random.chance(0.8)) this.#note(`replay ${describe(await this.topic.replay(key))}`);
    else this.#note(`dismiss ${describe(this.topic.dismiss(key))}`);
  }

  /** What happens at the brokers. */
  #disturb(partition: number): void {
    const { random, topic } = this;
    const { committed = 0, logStart } = topic.factsOf(partition);
    const { end } = topic.log(partition);
    const { isCompacted } = topic.traits;
    const choice = random.below(4);
    if (choice === 0 && topic.logs.length < 4) {
      topic.addPartitions(1);
      this.#note(`add partition ${topic.logs.length - 1}`);
    } else if (choice === 1 && !isCompacted) {
      // Mostly what was read already.
      const most = random.chance(0.8) ? committed : end;
      const offset = logStart + random.below(Math.max(1, most - logStart));
      topic.deleteBelow(partition, offset);
      this.#note(`delete ${partition} below ${offset}`);
    } else if (isCompacted) {
      const offset = random.below(end + 1);
      const remains = random.pick(['whole batches', 'emptied batches']);
      topic.compactBelow(partition, offset, remains);
      const isOfMarks = random.chance(0.3);
      if (isOfMarks) topic.removeMarksBelow(partition, offset);
      this.#note(`compact ${partition} below ${offset} (${remains}${isOfMarks ? ', marks' : ''})`);
    }
  }

  async #reset(partition: number): Promise<void> {
    const { random, topic } = this;
    const { committed, lastStable, logStart } = topic.factsOf(partition);
    if (committed === undefined || random.chance(0.5)) return;
    const isForward = random.chance(0.4);
    const to = isForward
      ? committed + random.below(Math.max(1, lastStable - committed + 1))
      : Math.min(committed, logStart + random.below(Math.max(1, committed - logStart)));
    const isNoted = random.chance(0.8);
    await topic.noteReset(partition, to, isNoted);
    this.#note(`reset ${partition} from ${committed} to ${to}${isNoted ? '' : ', without a note'}`);
  }

  #lag(): number {
    return [...this.topic.logs.keys()]
      .map((partition) => this.topic.read(partition, 1).length)
      .reduce((sum, each) => sum + each, 0);
  }

  #note(text: string): void {
    this.steps.push(text);
  }
}

function describe(records: readonly BrokerRecord[]): string {
  return [...Map.groupBy(records, ({ partition }) => partition)]
    .map(([partition, list]) => `${partition}:${list.map(({ offset }) => offset).join(',')}`)
    .join(' ');
}
