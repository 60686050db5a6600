import { describe, expect, it } from 'vitest';
import {
  allCells,
  type Call,
  type Cell,
  calls,
  cellName,
  cellsOf,
  isReplayCell,
  isStreamCell,
  kinds,
  mayOverlap,
  needsKafka,
  replayCalls,
  replayCells,
  streamCells,
  streamKinds,
  topologies,
} from '../cell.ts';
import {
  add,
  kafkaCells,
  noTotals,
  type SeededCell,
  scenariosFor,
  seededCells,
} from '../matrix.ts';
import type { ScenarioResult } from '../scenario.ts';

const cells = allCells();
const cell: Cell = {
  ...{ call: 'put', kind: 'kill', time: 'first' },
  ...{ mode: 'on-demand', topology: 'one-partition' },
} as const;

describe('the matrix', () => {
  it('has every combination for the archive once', () => {
    expect(cells).toHaveLength(4 * 7 * 4 * 2 * 6);
    expect(new Set(cells.map(cellName)).size).toBe(cells.length);
  });

  it('has every sensible combination for the replay once', () => {
    // The AWS service's two calls cannot be killed or hang; only the four calls on a key have a last.
    const replaying = replayCells();
    expect(replaying).toHaveLength(2 * 5 * 3 + 3 * 7 * 3 + 4 * 7 * 4);
    expect(new Set(replaying.map(cellName)).size).toBe(replaying.length);
    expect(new Set(replaying.map(({ call }) => call))).toEqual(new Set(replayCalls));
  });

  it('has every sensible combination for the delivery through a stream once', () => {
    // No call has a last; the stream itself cannot be killed, hang, or be rejected in part.
    const streaming = streamCells();
    expect(streaming).toHaveLength(8 * 3 + 5 * 3);
    expect(new Set(streaming.map(cellName)).size).toBe(streaming.length);
    const put = streaming.filter(({ call }) => call === 'put-records');
    expect(new Set(put.map(({ kind }) => kind))).toEqual(new Set(streamKinds));
  });

  it('tells its three kinds of cells apart', () => {
    expect(replayCells().every(isReplayCell)).toBe(true);
    expect([...cells, ...streamCells()].some(isReplayCell)).toBe(false);
    expect(streamCells().every(isStreamCell)).toBe(true);
    expect([...cells, ...replayCells()].some(isStreamCell)).toBe(false);
  });

  it('needs a broker for three topologies', () => {
    expect(topologies.filter((topology) => needsKafka({ topology }))).toEqual([
      ...['kafka-rebalance', 'broker-restart', 'leader-change'],
    ]);
  });

  it('never uses a name that is part of another', () => {
    const lines = cells.map(cellName).join('\n');
    const names = cells.map(cellName);
    expect(names.filter((name) => lines.indexOf(name) !== lines.lastIndexOf(name))).toEqual([]);
  });

  it('selects cells by a part of their name, and those that need no broker', () => {
    expect(cellsOf()).toEqual([...cells, ...replayCells(), ...streamCells()]);
    expect(cellsOf('firehose/')).toEqual(streamCells());
    expect(cellsOf('kill/put')).toEqual([]);
    expect(cellsOf('put/kill/first/on-demand', true).map(cellName)).toEqual([
      'put/kill/first/on-demand/one-partition',
      'put/kill/first/on-demand/many-partitions',
      'put/kill/first/on-demand/rebalance',
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
  ])('in on-demand mode, %s: if %j fail, and if %j are killed', (topology, failing, killed) => {
    const overlapping = (kind: (typeof kinds)[number]) =>
      calls.filter((call) => mayOverlap({ ...has, call, kind, mode: 'on-demand', topology }));
    for (const kind of kinds) expect(overlapping(kind)).toEqual(kind === 'kill' ? killed : failing);
  });
});

describe('seeded cells', () => {
  const first = (seeded: Generator<SeededCell, never>, count: number) =>
    Array.from({ length: count }, () => seeded.next().value);

  it('are the same for the same seed, and differ for another', () => {
    expect(first(seededCells(cells, 7), 50)).toEqual(first(seededCells(cells, 7), 50));
    expect(first(seededCells(cells, 7), 50)).not.toEqual(first(seededCells(cells, 8), 50));
  });

  it('cover every cell before one repeats, in a new order each round', () => {
    const few = cells.slice(0, 20);
    const names = first(seededCells(few, 7), 40).map((each) => cellName(each.cell));
    const rounds = [names.slice(0, 20), names.slice(20)];
    for (const round of rounds) expect(round.toSorted()).toEqual(few.map(cellName).sort());
    expect(rounds[0]).not.toEqual(rounds[1]);
  });

  it('are chosen for a number of faults by the seed alone', () => {
    const chosen = [...scenariosFor(1000, seededCells(cells, 7))];
    expect(chosen).toEqual(first(seededCells(cells, 7), chosen.length));
    const planned = chosen.map(({ cell: { time } }) => (/^(first|last)$/.test(time) ? 1 : 6));
    expect(chosen.length).toBeGreaterThan(1000 / 6);
    expect(chosen.length).toBeLessThan(planned.length + 1);
    expect([...scenariosFor(1, seededCells(cells, 7))]).toHaveLength(1);
  });

  it('start with the given seed for a single cell', () => {
    const [again, ...others] = first(seededCells([cell], 1234), 3);
    expect(again).toEqual({ cell, seed: 1234 });
    expect(others.map(({ seed }) => seed)).not.toContain(1234);
    const onKafka = { ...cell, topology: 'leader-change' } as const;
    expect(kafkaCells([onKafka], 10, 1234)).toEqual([{ cell: onKafka, seed: 1234 }]);
  });

  it('on a real broker are some of each topology, by the seed', () => {
    const chosen = kafkaCells(cells, 10, 7);
    expect(chosen).toEqual(kafkaCells(cells, 10, 7));
    expect(new Set(chosen.map((each) => cellName(each.cell))).size).toBe(30);
    const counts = Object.groupBy(chosen, (each) => each.cell.topology);
    expect(Object.values(counts).map((each) => each.length)).toEqual([10, 10, 10]);
    expect(Object.keys(counts).every((topology) => topology.match(/kafka|broker|leader/))).toBe(
      true,
    );
    expect(kafkaCells(cells, 0, 7)).toEqual([]);
  });
});

describe('totals', () => {
  const result: ScenarioResult = {
    ...{ produced: 9, lost: 1, altered: 0, overwritten: 2, unexplained: 0, overlaps: 3 },
    ...{ duplicates: 5, injected: 4, problems: [], isFinished: true },
  };

  it('are sums, with the flags that repeat a failure', () => {
    const totals = noTotals();
    add(totals, { cell, seed: 5 }, result);
    add(totals, { cell, seed: 6 }, { ...result, problems: ['1 lost', '2 overwritten'] });
    add(totals, { cell, seed: 7 }, { ...result, isFinished: false });
    add(totals, { cell, seed: 8 }, { ...result, isFinished: false, problems: ['2 overwritten'] });
    const name = 'put/kill/first/on-demand/one-partition';
    expect(totals).toEqual({
      ...{ scenarios: 4, injected: 16, lost: 4, overwritten: 8, overlaps: 12, duplicates: 20 },
      failures: [
        `${name}: 1 lost, 2 overwritten (--only ${name} --seed 6)`,
        `${name}: 2 overwritten (--only ${name} --seed 8)`,
      ],
      unfinished: [
        `${name}: unfinished, after 5 minutes without progress (--only ${name} --seed 7)`,
      ],
    });
  });
});
