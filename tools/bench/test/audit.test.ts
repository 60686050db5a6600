import { describe, expect, it } from 'vitest';
import { parseLedger } from '../../../lambda/core/audit/ledger-json.ts';
import { type ArchiveShape, SimulatedArchive, TOPIC_FOLDER } from '../audit/archive.ts';
import { audit } from '../audit/audit.ts';

const shape: ArchiveShape = {
  ...{ partitions: 3, runOffsets: 1_000, runsPerHour: 2, hours: 100, hasMarks: false },
};

describe('a simulated archive', () => {
  it('lists pages of keys in the order of their text, of any folder', async () => {
    const archive = new SimulatedArchive({ ...shape, partitions: 12, hours: 60 });
    const keys: string[] = [];
    const pages: number[] = [];
    for await (const page of archive.listAll(TOPIC_FOLDER)) {
      keys.push(...page.map(({ key }) => key));
      pages.push(page.length);
    }
    expect(pages).toEqual([1_000, 440]);
    expect(keys.slice(0, 3)).toEqual([
      'topic=orders/dt=2026-01-01/hour=00/p0.0-999.jsonl.gz',
      'topic=orders/dt=2026-01-01/hour=00/p0.1000-1999.jsonl.gz',
      'topic=orders/dt=2026-01-01/hour=00/p1.0-999.jsonl.gz',
    ]);
    expect(keys).toEqual(keys.toSorted());
    let inDay = 0;
    for await (const page of archive.listAll(`${TOPIC_FOLDER}dt=2026-01-03/`)) inDay += page.length;
    expect(inDay).toBe(12 * 2 * 12);
  });
});

describe.each([
  { name: 'of dense runs', hasMarks: false },
  { name: 'of runs with marks', hasMarks: true },
])('audits $name', ({ hasMarks }) => {
  const archive = new SimulatedArchive({ ...shape, hasMarks });
  const end = 100 * 2 * 1_000;
  const marks = hasMarks ? 3 * (end / 100) : 0;

  it('list recent folders only, and find what was deleted in an old one by a full listing', async () => {
    archive.hours -= 1;
    const first = await audit('first', archive, shape, undefined);
    expect(first).toMatchObject({
      ...{ keys: 3 * 2 * 99, bodies: hasMarks ? 3 * 2 * 99 : 0, lost: 0 },
      ...{ offsets: 3 * (end - 2_000), holes: hasMarks ? marks - 60 : 0 },
    });
    archive.hours += 1;
    const old = `p1.4000-4${hasMarks ? '998x990' : '999'}.jsonl.gz`;
    archive.deleted.add(`${TOPIC_FOLDER}dt=2026-01-01/hour=02/${old}`);
    const second = await audit('second', archive, shape, first.json);
    // Of six hours before the first audit until now.
    expect(second).toMatchObject({ keys: 3 * 2 * 7, bodies: hasMarks ? 6 : 0, lost: 0 });
    expect(second).toMatchObject({ offsets: 3 * end, holes: marks });
    const third = await audit('third', archive, shape, second.json, 0);
    const lost = hasMarks ? 990 : 1_000;
    expect(third).toMatchObject({ keys: 3 * 2 * 100 - 1, bodies: 0, lost, holes: marks + lost });
    const [, p1] = parseLedger(third.json, 'ledger.json').partitions;
    expect(p1?.findings).toEqual([
      {
        ...{ partition: 1, first: hasMarks ? 3_999 : 4_000, last: 4_999, offsets: lost },
        ...{ class: 'lost', isOnBroker: false, seenAt: '2026-01-05T04:00:00.000Z' },
        evidence: expect.stringMatching(/^Objects held the offsets at an earlier audit/),
      },
    ]);
    const fourth = await audit('fourth', archive, shape, third.json, 0);
    expect(fourth).toMatchObject({ lost, holes: marks + lost });
  });
});
