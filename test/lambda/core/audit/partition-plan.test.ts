import { describe, expect, it } from 'vitest';
import type { BrokerPartition } from '../../../../lambda/core/audit/broker.ts';
import type { PartitionLedger } from '../../../../lambda/core/audit/ledger.ts';
import {
  endOfOtherLife,
  type KnownPartition,
  planPartition,
} from '../../../../lambda/core/audit/partition-plan.ts';
import { PartitionOffsets } from '../../../../lambda/core/object/coverage.ts';

const seenAt = '2026-11-28T12:00:00.000Z';
const log: BrokerPartition = {
  ...{ partition: 3, logStart: 10, lastStable: 50, end: 60, committed: 40 },
};

/** An archive that has the offsets 5 to 9 and 12 to 31. */
function offsets(): PartitionOffsets {
  const stored = new PartitionOffsets();
  stored.add({ partition: 3, first: 5, last: 9, offsets: 5 }, false);
  stored.add({ partition: 3, first: 12, last: 31, offsets: 20 }, false);
  return stored;
}

const plan = (known: Partial<KnownPartition>) =>
  planPartition({
    ...{ partition: 3, at: log, hasBroker: true, ledger: undefined, seen: undefined, seenAt },
    ...{ offsets: offsets(), otherLife: undefined, isBeyondEnd: false, start: undefined },
    ...known,
  });

const judged: PartitionLedger = {
  ...{ partition: 3, from: 5, findings: [], logStart: 5 },
  segments: [
    { first: 5, last: 29, stored: 23, holes: { lost: 2 }, longestHole: 2, spanned: 23, unsure: 0 },
  ],
};
const seen = { first: 5, last: 31 };

describe('planPartition', () => {
  it('begins the first audit at the log start, or at what is stored below it', () => {
    expect(plan({})).toEqual({
      ledger: { partition: 3, from: 10, segments: [], findings: [], logStart: 10 },
      ...{ through: 40, lastStable: 50, floor: 10, lastLogStart: undefined, archiveStart: 0 },
    });
    expect(plan({ seen })).toMatchObject({ ledger: { from: 5 }, floor: 10 });
  });

  it('ends at the lower one of the last stable and the committed offset', () => {
    expect(plan({ at: { ...log, lastStable: 30 } })).toMatchObject({ through: 30, lastStable: 30 });
  });

  it('begins later audits where the last one has ended, and never goes back', () => {
    expect(plan({ ledger: judged })).toMatchObject({
      ledger: judged,
      through: 40,
      lastLogStart: 5,
    });
    expect(plan({ ledger: judged, at: { ...log, committed: 12 } }).through).toBe(30);
    expect(plan({ ledger: judged, at: { ...log, committed: undefined } }).through).toBe(30);
  });

  it.each<[KnownPartition['start'], KnownPartition['seen'], number]>([
    [undefined, seen, 0],
    ['latest', seen, 5],
    ['latest', undefined, 40],
    ['latest', { first: 45, last: 49 }, 40],
    [17, seen, 17],
  ])('lets the archive begin by the start %s with %j at %i', (start, named, first) => {
    expect(plan({ start, seen: named }).archiveStart).toBe(first);
  });

  it('keeps the beginning of the archive once something is judged', () => {
    expect(plan({ start: 'latest', seen, ledger: judged }).archiveStart).toBe(0);
  });

  it('sets what is stored apart as another life in the first audit', () => {
    const { floor, ledger, lastLogStart } = plan({ seen, otherLife: 'other records' });
    expect(ledger).toEqual({
      ...{ partition: 3, from: 5, logStart: 10 },
      segments: [
        {
          ...{ first: 5, last: 31, stored: 25, holes: { 'another-life': 2 } },
          ...{ longestHole: 0, spanned: 25, unsure: 0, digest: expect.any(Number) },
        },
      ],
      findings: [
        {
          ...{ partition: 3, first: 5, last: 31, offsets: 25, class: 'another-life' },
          ...{ seenAt, evidence: 'other records', isOnBroker: false },
        },
      ],
    });
    expect({ floor, lastLogStart }).toEqual({ floor: 32, lastLogStart: undefined });
    expect(endOfOtherLife(ledger)).toBe(32);
  });

  it('counts no holes where the other life has none, and what keys do not say as their spans', () => {
    const stored = new PartitionOffsets();
    stored.add({ partition: 3, first: 5, last: 9, offsets: undefined }, false);
    const { ledger } = plan({
      ...{ offsets: stored, seen: { first: 5, last: 9 }, otherLife: 'other records' },
    });
    expect(ledger.segments).toMatchObject([{ stored: 5, holes: {} }]);
  });

  it('sets what was judged apart when the topic was created again', () => {
    const finding = {
      ...({ partition: 3, first: 10, last: 11, offsets: 2, class: 'lost', seenAt } as const),
      ...{ evidence: '', isOnBroker: true },
    };
    const known = { ...judged, findings: [finding] };
    const { floor, ledger, lastLogStart, through } = plan({
      ...{ ledger: known, seen, otherLife: 'another id', at: { ...log, logStart: 0 } },
    });
    expect(ledger).toEqual({
      ...judged,
      findings: [
        { ...finding, isOnBroker: false },
        {
          ...{ partition: 3, first: 5, last: 29, offsets: 23, class: 'another-life' },
          ...{ seenAt, evidence: 'another id', isOnBroker: false },
        },
      ],
    });
    expect({ floor, lastLogStart, through }).toEqual({
      floor: 30,
      lastLogStart: undefined,
      through: 40,
    });
  });

  it('sets offsets apart that the log does not have any more, once', () => {
    const at = { ...log, lastStable: 25, end: 25 };
    const first = plan({ ledger: judged, seen, at, isBeyondEnd: true });
    expect(first.ledger.findings).toMatchObject([
      {
        ...{ class: 'another-life', first: 25, last: 31, offsets: 7 },
        evidence: 'The log of the partition ends below offsets that objects hold.',
      },
    ]);
    const again = plan({ ledger: first.ledger, seen, at, isBeyondEnd: true });
    expect(again.ledger).toBe(first.ledger);
  });

  it('takes all that is judged for another life where the topic is another one, however short its log is', () => {
    const at = { ...log, ...{ logStart: 0, committed: 10, lastStable: 10, end: 10 } };
    const { ledger } = plan({
      ledger: judged,
      seen,
      at,
      otherLife: 'another id',
      isBeyondEnd: true,
    });
    expect(ledger.findings).toMatchObject([
      { class: 'another-life', first: 5, last: 29, offsets: 23, evidence: 'another id' },
    ]);
  });

  it('sets what is stored apart of a partition that the topic does not have', () => {
    const { ledger, lastStable, through } = plan({ seen, at: undefined, isBeyondEnd: true });
    expect(ledger.findings).toMatchObject([{ class: 'another-life', first: 5, last: 31 }]);
    expect({ lastStable, through }).toEqual({ lastStable: 32, through: 32 });
    const known = plan({ ledger: judged, seen, at: undefined, isBeyondEnd: true });
    expect(known.ledger.findings).toMatchObject([{ class: 'another-life', first: 0, last: 31 }]);
  });

  it('answers for what objects name without brokers', () => {
    expect(plan({ hasBroker: false, at: undefined, seen })).toEqual({
      ledger: { partition: 3, from: 5, segments: [], findings: [], logStart: 5 },
      ...{ through: 32, lastStable: 32, floor: 0, lastLogStart: 0, archiveStart: 0 },
    });
    const later = { hasBroker: false, at: undefined, ledger: judged };
    expect(plan({ ...later, seen }).through).toBe(32);
    expect(plan(later).through).toBe(30);
    expect(plan({ hasBroker: false, at: undefined })).toMatchObject({ through: 0 });
  });
});
