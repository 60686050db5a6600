import { auditTopic } from '../../lambda/audit-topic.ts';
import type { AuditReport } from '../../lambda/core/audit/report.ts';
import type { Reading } from './archive-truth.ts';
import { type ArchivedTopic, FILTERS } from './archived-topic.ts';
import type { MemoryDerived } from './memory-derived.ts';

/** How to audit a topic. */
export interface AuditSetup {
  /** What audits have kept, of which this one continues. */
  readonly derived: MemoryDerived;
  readonly reading: Reading;
  /** Whether to list the whole archive, rather than what is new. */
  readonly isFull: boolean;
}

/** Audits a topic with the code of the product. */
export function auditOf(topic: ArchivedTopic, setup: AuditSetup): Promise<AuditReport> {
  const { bucket, failedBatches, now, resets, traits } = topic;
  return auditTopic(
    {
      broker: topic.broker(),
      archive: bucket,
      ledgers: setup.derived.ledgers,
      hours: setup.derived.hours,
      ...{ failedBatches, resets },
    },
    {
      ...{ topic: traits.topic, group: 'group', start: traits.start ?? 'earliest' },
      ...{ objectPrefix: traits.objectPrefix, timeFolder: traits.timeFolder },
      filters: traits.isFiltered ? FILTERS : [],
      startedAt: now,
      listing: setup.isFull ? 'full' : 'due',
      fullListingDays: 7,
      read: setup.reading,
      expirationDays: undefined,
      ...{ signal: new AbortController().signal, attemptTimeout: 60_000 },
    },
  );
}
