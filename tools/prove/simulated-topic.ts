import type { BrokerRecord } from '../../lambda/core/audit/broker.ts';
import { ArchivedTopic, found, isWanted, type TopicTraits } from './archived-topic.ts';
import { PartitionFacts, TopicFacts, type Transaction } from './facts.ts';
import { MemoryBroker } from './memory-broker.ts';
import { MemoryLog, type NewRecord, type Remains, type Writer } from './memory-log.ts';

/** The value of a record over the payload limit, shared, since none of them is ever stored. */
const OVERSIZE = Buffer.from(`{"kind":"order","text":"${'x'.repeat(6_500_000)}"}`);

/** A topic and its archive in memory, with the mapping between them. */
export class SimulatedTopic extends ArchivedTopic {
  logs: MemoryLog[] = [];
  topicId: string;

  constructor(traits: TopicTraits, now: number) {
    super(traits, now);
    this.topicId = this.newId();
    this.addPartitions(traits.partitions);
  }

  broker(): MemoryBroker {
    return new MemoryBroker(this);
  }

  /** Deletes the topic and creates it again. Its archive stays, and its group is forgotten. */
  recreate(): void {
    const { length } = this.logs;
    this.logs = [];
    this.facts = new TopicFacts(this.facts.livesBefore + 1);
    this.topicId = this.newId();
    this.addPartitions(length);
  }

  /** Starts the mapping at the end of every partition. */
  startHere(): void {
    for (const { end, partition } of this.logs) {
      const facts = this.factsOf(partition);
      facts.start = end;
      facts.isFromLatest = this.traits.start === 'latest';
    }
  }

  addPartitions(count: number): void {
    for (let added = 0; added < count; added += 1) {
      this.logs.push(new MemoryLog(this.logs.length));
      this.facts.partitions.push(new PartitionFacts());
    }
  }

  /** Appends records, each of a kind that the filter knows or not. */
  produce(
    partition: number,
    records: readonly (NewRecord & { readonly kind: string })[],
    writer: Writer & { readonly transaction?: Transaction },
  ): void {
    this.log(partition).append(
      records.map(({ kind: _, ...record }) => record),
      writer,
    );
    const { offsets } = this.factsOf(partition);
    for (const { kind, value } of records) {
      const isFiltered = this.traits.isFiltered && !isWanted(kind);
      const isOversize = value === OVERSIZE;
      offsets.push({ kind: 'record', transaction: writer.transaction, isFiltered, isOversize });
    }
    this.#settle();
  }

  /** Ends a transaction in every partition that it has records in. */
  endTransaction(producerId: bigint, transaction: Transaction, control: 'commit' | 'abort'): void {
    for (const log of this.logs) {
      const offset = log.endTransaction(producerId, control);
      if (offset !== undefined) this.factsOf(log.partition).offsets.push({ kind: 'mark' });
    }
    transaction.outcome = control === 'commit' ? 'committed' : 'aborted';
    this.#settle();
  }

  deleteBelow(partition: number, offset: number): void {
    this.log(partition).deleteBelow(offset);
    this.#settle();
  }

  compactBelow(partition: number, offset: number, remains: Remains): void {
    const { offsets, removed } = this.factsOf(partition);
    const isAborted = (each: number) => {
      const fact = offsets[each];
      return fact?.kind === 'record' && fact.transaction?.outcome === 'aborted';
    };
    for (const each of this.log(partition).compactBelow(offset, remains, isAborted))
      removed.add(each);
  }

  removeMarksBelow(partition: number, offset: number): void {
    const { removed } = this.factsOf(partition);
    for (const each of this.log(partition).removeMarksBelow(offset)) removed.add(each);
  }

  /** The next records that the mapping reads, without those that it never delivers. */
  read(partition: number, count: number): readonly BrokerRecord[] {
    const { committed, offsets, start } = this.factsOf(partition);
    const log = this.log(partition);
    const from = Math.max(committed ?? start, log.logStart);
    return log.batches
      .flatMap(({ records }) => records)
      .filter(({ offset }) => {
        const fact = offsets[offset];
        const isAborted = fact?.kind === 'record' && fact.transaction?.outcome === 'aborted';
        return offset >= from && offset < log.lastStable && !isAborted;
      })
      .slice(0, count);
  }

  /** Commits what was read, and sometimes the control batches and aborted records behind it. */
  commit(records: readonly BrokerRecord[], isFurther: boolean): void {
    for (const [partition, list] of Map.groupBy(records, (record) => record.partition)) {
      let offset = Math.max(...list.map((record) => record.offset)) + 1;
      if (isFurther) {
        const facts = this.factsOf(partition);
        facts.committed = offset;
        offset = this.read(partition, 1)[0]?.offset ?? facts.lastStable;
      }
      this.factsOf(partition).committed = offset;
    }
  }

  log(partition: number): MemoryLog {
    return found(this.logs[partition]);
  }

  #settle(): void {
    for (const log of this.logs) {
      const facts = this.factsOf(log.partition);
      facts.logStart = log.logStart;
      facts.lastStable = log.lastStable;
    }
  }
}

/** A value over the payload limit. */
export function oversizeValue(): Buffer {
  return OVERSIZE;
}
