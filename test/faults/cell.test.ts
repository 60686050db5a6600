import { describe, expect, it } from 'vitest';
import {
  allCells,
  type Call,
  calls,
  cellName,
  kinds,
  mayOverlap,
  modes,
  needsKafka,
  times,
  topologies,
} from '../../faults/cell.ts';

const cells = allCells();

describe('cells', () => {
  it('are every combination, once', () => {
    const lists = [calls, kinds, times, modes, topologies];
    const count = lists.reduce((product, { length }) => product * length, 1);
    expect(count).toBe(4 * 7 * 4 * 2 * 6);
    expect(cells).toHaveLength(count);
    expect(new Set(cells.map(cellName)).size).toBe(count);
  });

  it('have names, none of which is part of another', () => {
    const names = cells.map(cellName);
    expect(names[0]).toBe('put/throttle/first/on-demand/one-partition');
    const lines = names.join('\n');
    const found = names.filter((name) => lines.indexOf(name) !== lines.lastIndexOf(name));
    expect(found).toEqual([]);
  });

  it('of these topologies need a broker', () => {
    expect(topologies.filter((topology) => needsKafka({ topology }))).toEqual([
      'kafka-rebalance',
      'broker-restart',
      'leader-change',
    ]);
  });
});

describe('objects may overlap', () => {
  const has = { kind: 'error', time: 'first' } as const;

  it.each(topologies)('in provisioned mode: %s', (topology) => {
    const overlapping = calls.filter((call) =>
      mayOverlap({ ...has, call, mode: 'provisioned', topology }),
    );
    expect(overlapping).toEqual(calls);
  });

  it.each<[(typeof topologies)[number], readonly Call[], readonly Call[]]>([
    ['one-partition', [], ['commit', 'destination']],
    ['many-partitions', [], ['commit', 'destination']],
    ['rebalance', calls, calls],
    ['kafka-rebalance', calls, calls],
    ['broker-restart', calls, calls],
    ['leader-change', calls, calls],
  ])('in on-demand mode, %s: where %j fail, and %j are killed', (topology, failing, killed) => {
    const overlapping = (kind: (typeof kinds)[number]) =>
      calls.filter((call) => mayOverlap({ ...has, call, kind, mode: 'on-demand', topology }));
    for (const kind of kinds) expect(overlapping(kind)).toEqual(kind === 'kill' ? killed : failing);
  });
});
