import type { AuditTopic, TimeFolder } from './contract.ts';
import type { AuditBroker, BrokerPartition, BrokerTopic } from './core/audit/broker.ts';
import type { Finding, HoleClass } from './core/audit/finding.ts';
import {
  type ClassifiedHoles,
  HoleClassifier,
  type Verdict,
} from './core/audit/hole-classifier.ts';
import type { LedgerStore } from './core/audit/ledger.ts';
import { type SortedRanges, without } from './core/audit/range-sets.ts';
import type { AuditReport, PartitionReport } from './core/audit/report.ts';
import { StoredListing } from './core/audit/stored-listing.ts';
import { ArchiverError } from './core/errors.ts';
import type { ArchiveSource } from './core/object/archive-source.ts';
import type { CallOptions, FailedBatchListing } from './core/ports.ts';
import { decodeLine } from './core/record/decode-line.ts';
import { blocksOf, linesOf } from './io/object-body.ts';

/** The parts that the audit of a topic works with. */
export interface AuditTopicDeps {
  /** Undefined without access to the brokers: then the audit claims `listed`. */
  readonly broker: AuditBroker | undefined;
  readonly archive: ArchiveSource;
  readonly ledgers: LedgerStore;
  readonly failedBatches: FailedBatchListing;
}

/** The audit of one topic. */
export interface AuditRequest extends AuditTopic, CallOptions {
  /** The setting `objectPrefix`: empty, or a path that ends with `/`. */
  readonly objectPrefix: string;
  readonly timeFolder: TimeFolder;
  /** Epoch milliseconds: when the audit begins. */
  readonly startedAt: number;
  /** `due`: everything if the last full listing is older than `fullListingDays`, else what is new. */
  readonly listing: 'full' | 'due';
  readonly fullListingDays: number;
  /** `all`: every new object is read and judged by its lines, also where its key says which offsets it has. */
  readonly read: 'as-needed' | 'all';
  /** Days after which a lifecycle rule of the archive bucket expires objects; undefined without such a rule. */
  readonly expirationDays: number | undefined;
}

/** Offsets between two holes over which reading goes on, in place of a request for each. */
const READ_ACROSS = 1_000;

/**
 * Audits one topic: compares the archive with the brokers, and gives each offset that no object holds a class with its
 * evidence. Only holes are read from the brokers.
 *
 * @throws {ArchiverError} `KAFKA_FAILED`, `LOAD_FAILED`, `STORE_WRITE_FAILED` or `STORE_ABORTED`
 */
export async function auditTopic(
  deps: AuditTopicDeps,
  request: AuditRequest,
): Promise<AuditReport> {
  const { archive, broker } = deps;
  // Before the listing: what is below these offsets was acknowledged only once it was stored.
  const described = await broker?.describe(request);
  if (broker === undefined || described === undefined) {
    throw new ArchiverError('KAFKA_FAILED', `the brokers have no topic '${request.topic}'`);
  }
  const listing = new StoredListing();
  let objectsListed = 0;
  for await (const page of archive.listAll(`${request.objectPrefix}topic=${request.topic}/`)) {
    for (const { key } of page) listing.add(key, request.read === 'all');
    objectsListed += page.length;
  }
  const unread = listing.unread();
  for (const key of unread) await readBody(archive, key, listing);
  const partitions: PartitionReport[] = [];
  for (const partition of described.partitions) {
    partitions.push(await auditPartition(broker, { described, listing, partition, request }));
  }
  return {
    topic: request.topic,
    claim: 'audited',
    startedAt: new Date(request.startedAt).toISOString(),
    isFullListing: true,
    ...{ objectsListed, objectsRead: unread.length, hoursWritten: 0, partitions },
  };
}

async function readBody(archive: ArchiveSource, key: string, listing: StoredListing) {
  for await (const block of blocksOf(key, await archive.read(key))) {
    for (const line of linesOf(block)) {
      const { offset, partition } = decodeLine(line);
      listing.addRange(partition, { first: offset, last: offset });
    }
  }
}

interface PartitionAudit {
  readonly described: BrokerTopic;
  readonly listing: StoredListing;
  readonly partition: BrokerPartition;
  readonly request: AuditRequest;
}

async function auditPartition(
  broker: AuditBroker,
  { described, listing, partition: at, request }: PartitionAudit,
): Promise<PartitionReport> {
  const { committed = at.logStart, lastStable, logStart, partition } = at;
  const through = Math.min(lastStable, committed);
  const stored = listing.stored(partition);
  const from = Math.min(logStart, stored.ranges[0]?.first ?? logStart);
  const holes = without([{ first: from, last: through - 1 }], stored.ranges);
  const judged = await readHoles(broker, {
    ...{ holes, partition, lastStable, request },
    isCompacted: described.settings.isCompacted,
  });
  const tally: Partial<Record<HoleClass, number>> = { ...judged.counts };
  if (lastStable > through) tally['not-yet'] = lastStable - through;
  const findings = judged.ranges.map<Finding>(({ first, last, offsets, verdict }) => {
    const kind = verdict.class;
    tally[kind] = (tally[kind] ?? 0) + offsets;
    return {
      ...{ partition, first, last, offsets, class: kind },
      seenAt: new Date(request.startedAt).toISOString(),
      evidence: 'The brokers have the records, and no object holds them.',
      isOnBroker: true,
    };
  });
  const below = without([{ first: 0, last: through - 1 }], holes);
  return {
    ...{ partition, from, through, lastStable, findings },
    stored:
      through - from - (through - from - below.reduce((sum, r) => sum + r.last - r.first + 1, 0)),
    duplicates: listing.duplicates(partition),
    holes: tally,
  };
}

interface HolesToRead {
  readonly holes: SortedRanges;
  readonly partition: number;
  readonly lastStable: number;
  readonly isCompacted: boolean;
  readonly request: CallOptions;
}

/** Reads the holes of a partition from its broker, up to the transaction marks that decide them. */
async function readHoles(
  broker: AuditBroker,
  { holes, isCompacted, lastStable, partition, request }: HolesToRead,
): Promise<ClassifiedHoles> {
  const due: Verdict = { class: 'lost', evidence: '' };
  const nothing: Verdict = { class: isCompacted ? 'compacted' : 'unexplained', evidence: '' };
  const classifier = new HoleClassifier({ holes, judge: () => due, nothing });
  for (let first = classifier.next; first !== undefined; ) {
    let read = first;
    for await (const batch of broker.read({ partition, first, last: lastStable - 1 }, request)) {
      classifier.add(batch);
      read = batch.lastOffset + 1;
      const { next } = classifier;
      if (next === undefined || next > read + READ_ACROSS) break;
    }
    const { next } = classifier;
    if (next === undefined || next <= read) break;
    first = next;
  }
  return classifier.finish();
}
