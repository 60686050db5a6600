import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Sighting, sightings } from './journal.ts';
import { type Schedule, type Step, schedules } from './schedule.ts';
import { simulate } from './simulation.ts';

/** Schedules of `npm test`. */
const QUICK_RUNS = 200;
/** Schedules of `npm run test:real`, among which each rare event happens a few times. */
const FULL_RUNS = 2_000;

const runs = wholeNumber('SIMULATION_RUNS', QUICK_RUNS);
const seed = wholeNumber('SIMULATION_SEED', 1);

function wholeNumber(name: string, preset: number): number {
  const text = process.env[name];
  if (text === undefined) return preset;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`${name} must be a positive number`);
  return Number(text);
}

/** Counts the schedules in which each notable event was seen. */
function countSightings(): { add(seen: Iterable<Sighting>): void; counts: Map<Sighting, number> } {
  const counts = new Map(sightings.map((sighting) => [sighting, 0]));
  return {
    counts,
    add: (seen) => {
      for (const sighting of seen) counts.set(sighting, (counts.get(sighting) ?? 0) + 1);
    },
  };
}

describe('archiving', () => {
  it(`loses, overwrites and invents nothing in ${runs} schedules of seed ${seed}`, {
    timeout: 120_000 + 60 * runs,
  }, async () => {
    const { add, counts } = countSightings();
    await fc.assert(
      fc.asyncProperty(schedules, async (schedule) => {
        add((await simulate(schedule)).seen.keys());
      }),
      { numRuns: runs, seed },
    );
    if (process.env.SIMULATION_RUNS) console.table(Object.fromEntries(counts));
    const neverSeen = [...counts].filter(([, count]) => count === 0);
    if (runs >= FULL_RUNS) expect(neverSeen).toEqual([]);
  });
});

const goOn: Step = { kind: 'go on', at: 0, bisect: false };

/** A function dies, its batch is retried and committed, then its put lands. */
const latePut: Schedule = {
  scenario: {
    ...{ partitions: 1, records: 3, hours: 2, pollers: 1, maxParallelPuts: 1, first: 'oldest' },
    ...{ reportBatchItemFailures: false, resend: 'named', faults: ['crash', 'land late'] },
    ...{ objectOf: 'batch', keyRoom: 'for all runs' },
  },
  steps: [
    { kind: 'poll', poller: 0, take: [2] },
    goOn,
    { kind: 'crash', at: 0 },
    ...[goOn, goOn, goOn, goOn, goOn, goOn],
    { kind: 'land late', at: 0 },
  ],
};

describe('the simulation', () => {
  it('describes a schedule in readable steps, with the notable events', async () => {
    const { lines, seen } = await simulate(latePut);
    expect(lines).toEqual([
      '1. poller-1 cuts p0 0,1',
      '   - request-1 sent: p0 0,1',
      '2. request-1 begins',
      '3. request-1 crashes',
      '4. poller-1 hears of request-1: failed',
      '   - request-2 sent: p0 0,1',
      '5. request-2 begins',
      "6. request-2's put of hour=10/p0.0-1.1of2.jsonl lands",
      '   - created',
      "7. request-2's put of hour=11/p0.0-1.2of2.jsonl lands",
      '   - created',
      '   - request-2 answers null',
      '8. poller-1 hears of request-2: returned',
      '9. poller-1 commits p0 to 2',
      "10. request-1's put of hour=10/p0.0-1.1of2.jsonl lands",
      '   - exists',
      'everything is started again:',
      '11. poller-1 cuts p0 3',
      '   - request-3 sent: p0 3',
      '12. request-3 begins',
      "13. request-3's put of hour=10/p0.3-3.jsonl lands",
      '   - created',
      '   - request-3 answers null',
      '14. poller-1 hears of request-3: returned',
      '15. poller-1 commits p0 to 4',
      'what was still under way lands:',
    ]);
    expect([...seen.keys()]).toEqual(["zombie put landed after a successor's success"]);
  });

  it('is deterministic', async () => {
    for (const schedule of fc.sample(schedules, { numRuns: 20, seed })) {
      const first = await simulate(schedule);
      expect((await simulate(schedule)).lines).toEqual(first.lines);
    }
  });
});
