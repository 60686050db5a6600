import { describe, expect, it } from 'vitest';
import { type AuditRequest, auditTopic } from '../../lambda/audit-topic.ts';
import { noon } from '../helpers/kafka-events.ts';
import { MemoryArchive, memoryCalls } from '../helpers/memory-archive.ts';
import { MemoryBroker } from '../helpers/memory-broker.ts';
import { MemoryLedgers } from '../helpers/memory-ledgers.ts';
import { MemoryListing } from '../helpers/memory-listing.ts';

function auditParts(broker = new MemoryBroker()) {
  const archive = new MemoryArchive();
  const ledgers = new MemoryLedgers();
  const deps = { broker, archive, ledgers, failedBatches: new MemoryListing([]) };
  const audit = (request: Partial<AuditRequest> = {}) =>
    auditTopic(deps, {
      ...{ topic: 'orders', group: 'archive', start: 'earliest', filters: [] },
      ...{ objectPrefix: 'shop/', timeFolder: 'hour', startedAt: noon, listing: 'due' },
      ...{ fullListingDays: 7, read: 'as-needed', expirationDays: undefined },
      ...memoryCalls(),
      ...request,
    });
  return { archive, broker, ledgers, audit };
}

const records = (count: number) => Array.from({ length: count }, () => ({}));

describe('auditTopic', () => {
  it('finds nothing where all records below the committed offset are stored', async () => {
    const { archive, audit, broker } = auditParts();
    broker.append(0, records(10));
    broker.append(0, records(5));
    await archive.store(broker, 0, { to: 10 });
    broker.commit(0, 10);
    const report = await audit();
    expect(report.partitions).toEqual([
      {
        ...{ partition: 0, from: 0, through: 10, lastStable: 15, stored: 10, duplicates: 0 },
        holes: { 'not-yet': 5 },
        findings: [],
      },
    ]);
    expect(broker.reads).toEqual([]);
  });

  it('finds records lost whose object does not exist', async () => {
    const { archive, audit, broker } = auditParts();
    broker.append(0, records(10));
    await archive.store(broker, 0, { to: 4 });
    await archive.store(broker, 0, { from: 7 });
    broker.commit(0);
    const [partition] = (await audit()).partitions;
    expect(partition).toMatchObject({ stored: 7, holes: { lost: 3 } });
    expect(partition?.findings).toEqual([
      {
        ...{ partition: 0, first: 4, last: 6, offsets: 3, class: 'lost', isOnBroker: true },
        seenAt: '2025-11-23T10:53:20.000Z',
        evidence: 'The brokers have the records, and no object holds them.',
      },
    ]);
  });

  it('reads runs with holes once, and finds marks and aborted records', async () => {
    const { archive, audit, broker } = auditParts();
    broker.appendInTransaction(0, 7n, records(3));
    broker.appendInTransaction(0, 8n, records(2));
    broker.endTransaction(0, 8n, 'abort');
    broker.endTransaction(0, 7n, 'commit');
    await archive.store(broker, 0);
    broker.commit(0);
    const report = await audit();
    expect(report.partitions[0]).toMatchObject({
      ...{ stored: 3, findings: [] },
      holes: { aborted: 2, 'transaction-mark': 2 },
    });
  });
});
