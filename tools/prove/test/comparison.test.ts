import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../lambda/core/audit/finding.ts';
import type { AuditReport, PartitionReport } from '../../../lambda/core/audit/report.ts';
import { differences } from '../comparison.ts';
import { PartitionFacts, TopicFacts } from '../facts.ts';
import type { Verdict } from '../oracle.ts';

const verdicts: readonly Verdict[] = ['stored', 'lost', 'lost', 'aborted', 'lost', 'not-yet'];

const facts = new TopicFacts();
facts.partitions.push(
  Object.assign(new PartitionFacts(), { lastStable: 6, committed: 5 }, { offsets: [...verdicts] }),
);

function lost(first: number, last: number, offsets = last - first + 1): Finding {
  return {
    ...{ partition: 0, class: 'lost', first, last, offsets },
    ...{ seenAt: '2026-11-28T12:00:00.000Z', evidence: 'the broker has it', isOnBroker: true },
  };
}

const right: PartitionReport = {
  ...{ partition: 0, from: 0, through: 5, lastStable: 6, stored: 1, duplicates: 0 },
  holes: { lost: 3, aborted: 1, 'not-yet': 1 },
  findings: [lost(1, 2), lost(4, 4)],
};

function differencesOf(partitions: readonly PartitionReport[]): string[] {
  const report: AuditReport = {
    ...{ topic: 'orders', claim: 'audited', startedAt: '2026-11-28T12:00:00.000Z' },
    ...{ isFullListing: true, objectsListed: 1, objectsRead: 0, hoursWritten: 0 },
    partitions,
  };
  const known = verdicts.map((verdict, offset) => [`0:${offset}`, verdict] as const);
  return differences(report, {
    ...{ facts, verdicts: new Map(known), due: new Map([[0, 5]]), others: new Map() },
  });
}

describe('the comparison of a report with the oracle', () => {
  it('accepts the same offsets, in one finding or in several', () => {
    expect(differencesOf([right])).toEqual([]);
    expect(differencesOf([{ ...right, findings: [lost(1, 4, 3)] }])).toEqual([]);
  });

  it.each<[string, Partial<PartitionReport>, string]>([
    ['a frontier', { through: 4 }, 'through is 4, not 5'],
    ['a number of stored offsets', { stored: 2 }, 'stored is 2, not 1'],
    [
      'a tally',
      { holes: { lost: 3, compacted: 1 } },
      'aborted: 0 holes, not 1 (3)|partition 0: compacted: 1 holes, not 0 ()',
    ],
    ['a missed loss', { findings: [lost(1, 2)] }, 'lost: no finding has 4'],
    [
      'a loss too many',
      { findings: [lost(0, 2), lost(4, 4)] },
      'lost 0-2: 3 offsets, not 2 (1,2,4)',
    ],
    [
      'a conflict',
      { findings: [...right.findings, { ...lost(0, 0), class: 'conflict' }] },
      'a conflict at 0-0',
    ],
  ])('names %s that differs', (_, wrong, problems) => {
    const found = differencesOf([{ ...right, ...wrong }]);
    expect(found).toEqual(`partition 0: ${problems}`.split('|'));
  });

  it('names a partition that is missing, and findings of one that does not exist', () => {
    expect(differencesOf([])).toEqual(['partition 0 is not in the report']);
    const other = { ...right, partition: 7 };
    expect(differencesOf([right, other])).toEqual([
      'partition 7 does not exist: lost 1-2',
      'partition 7 does not exist: lost 4-4',
    ]);
  });
});
