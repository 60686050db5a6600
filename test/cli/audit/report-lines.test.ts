import { describe, expect, it } from 'vitest';
import { reportLines } from '../../../cli/audit/report-lines.ts';
import type { AuditReport } from '../../../lambda/core/audit/report.ts';

const lost = { partition: 0, first: 3, last: 6, class: 'lost', offsets: 4 } as const;
const report: AuditReport = {
  ...{ topic: 'orders', claim: 'audited', startedAt: '2026-11-23T10:00:00.000Z' },
  ...{ isFullListing: false, fullyListedAt: '2026-11-20T10:00:00.000Z' },
  ...{ objectsListed: 2, objectsRead: 0, hoursWritten: 0 },
  partitions: [
    {
      ...{ partition: 0, from: 0, through: 20, lastStable: 20, stored: 1_000, duplicates: 0 },
      holes: { lost: 4, 'failed-batch': 1_494 },
      findings: [
        {
          ...{ ...lost, seenAt: '2026-11-22T10:00:00.000Z', evidence: 'Why.', isOnBroker: false },
          acknowledged: { at: '2026-11-22T11:00:00.000Z', reason: 'known' },
        },
      ],
    },
  ],
};

describe('the report of an audit for people', () => {
  const lines = reportLines(report, { archiveFlags: '', isHealing: false });

  it('names in the first line what is explained and not in the archive', () => {
    expect(lines[0]).toBe(
      "Proven: every offset of 'orders' up to 19 is stored or explained; 4 are acknowledged as lost; 1,494 wait in failed batches, which kafka-archive status lists.",
    );
  });

  it('says when the whole archive was listed last', () => {
    expect(lines.at(-1)).toBe(
      'Objects that were deleted are noticed when the whole archive is listed: last at 2026-11-20T10:00:00.000Z, now with --full.',
    );
  });
});
