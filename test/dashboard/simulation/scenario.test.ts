import { describe, expect, it } from 'vitest';
import { incidentsAt, isDuring } from '../../../dashboard/simulation/incidents.ts';
import { describeScenario, type Scenario } from '../../../dashboard/simulation/scenario.ts';

const scenario: Scenario = {
  minutes: 60,
  topics: [
    {
      ...{ topic: 'orders', partitions: 1, recordsPerMinute: 1, valueBytes: 1 },
      peaks: [{ from: 7, to: 9, factor: 2.5 }],
    },
  ],
  incidents: [
    { kind: 'oversize', at: 8, topic: 'orders' },
    { kind: 'throttled', from: 5, to: 6 },
    { kind: 'puts denied', from: 10, to: 12 },
    { kind: 'redrive', at: 20 },
  ],
};

describe('an incident', () => {
  it('lasts from its first minute on, and to its last', () => {
    const during = [4.9, 5, 5.9, 6].map((minute) => isDuring(scenario, 'throttled', minute));
    expect(during).toEqual([false, true, true, false]);
    expect(isDuring(scenario, 'puts denied', 5)).toBe(false);
  });

  it('comes at its minute', () => {
    expect(incidentsAt(scenario, 'oversize', 8)).toEqual([scenario.incidents[0]]);
    expect(incidentsAt(scenario, 'oversize', 20)).toEqual([]);
    expect(incidentsAt(scenario, 'redrive', 20)).toHaveLength(1);
  });
});

it('all that happens is told in the order of time', () => {
  expect(describeScenario(scenario, (minute) => `${minute}:00`)).toEqual([
    '5:00–6:00 Lambda throttles the archive function',
    '7:00–9:00 orders has 2.5 times the records',
    '8:00 a record of orders is over the payload limit',
    '10:00–12:00 the archive bucket denies every put',
    '20:00 somebody redrives the dead letters',
  ]);
});
