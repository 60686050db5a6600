import { describe, expect, it } from 'vitest';
import { allCells, type Cell, cellName, needsKafka } from '../cell.ts';
import { add, kafkaCells, noTotals, type SeededCell, seededCells } from '../matrix.ts';
import type { ScenarioResult } from '../scenario.ts';

const cells = allCells();
const cell: Cell = {
  ...{ call: 'put', kind: 'kill', time: 'first' },
  ...{ mode: 'on-demand', topology: 'one-partition' },
} as const;

function first(seeded: Iterator<SeededCell>, count: number): SeededCell[] {
  return Array.from({ length: count }, () => {
    const { done, value } = seeded.next();
    if (done) throw new TypeError('they do not end');
    return value;
  });
}

describe('seeded cells', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(first(seededCells(cells, 7), 50)).toEqual(first(seededCells(cells, 7), 50));
    expect(first(seededCells(cells, 7), 50)).not.toEqual(first(seededCells(cells, 8), 50));
  });

  it('are all cells before the first comes again, in another order', () => {
    const few = cells.slice(0, 20);
    const names = first(seededCells(few, 7), 40).map((each) => cellName(each.cell));
    const rounds = [names.slice(0, 20), names.slice(20)];
    for (const round of rounds) expect(round.toSorted()).toEqual(few.map(cellName).sort());
    expect(rounds[0]).not.toEqual(rounds[1]);
  });

  it('have seeds of their own, that can be asked for', () => {
    const seeds = first(seededCells(cells, 7), 500).map(({ seed }) => seed);
    expect(new Set(seeds).size).toBe(500);
    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)).toBe(true);
  });

  it('repeat a single cell with the very seed, and go on with others', () => {
    const [again, ...others] = first(seededCells([cell], 1234), 3);
    expect(again).toEqual({ cell, seed: 1234 });
    expect(others.map((each) => each.cell)).toEqual([cell, cell]);
    expect(others.map(({ seed }) => seed)).not.toContain(1234);
  });
});

describe('cells of a real broker', () => {
  it.each([0, 1, 10])('are %i of each topology, each once', (count) => {
    const chosen = kafkaCells(cells, count, 7);
    const topologies = chosen.map((each) => each.cell.topology);
    expect(Object.entries(Object.groupBy(topologies, (each) => each))).toEqual(
      count === 0
        ? []
        : ['kafka-rebalance', 'broker-restart', 'leader-change'].map((topology) => [
            topology,
            Array.from({ length: count }, () => topology),
          ]),
    );
    expect(new Set(chosen.map((each) => cellName(each.cell))).size).toBe(3 * count);
  });

  it('are the same for the same seed, and others for another', () => {
    expect(kafkaCells(cells, 3, 7)).toEqual(kafkaCells(cells, 3, 7));
    expect(kafkaCells(cells, 3, 7)).not.toEqual(kafkaCells(cells, 3, 8));
  });

  it('are none in memory', () => {
    expect(
      kafkaCells(
        cells.filter((each) => !needsKafka(each)),
        10,
        7,
      ),
    ).toEqual([]);
  });

  it('repeat a single cell with the very seed', () => {
    const single = { ...cell, topology: 'leader-change' } as const;
    expect(kafkaCells([single], 10, 1234)).toEqual([{ cell: single, seed: 1234 }]);
  });
});

describe('totals', () => {
  const result: ScenarioResult = {
    ...{ produced: 9, lost: 1, altered: 0, overwritten: 2, unexplained: 0, overlaps: 3 },
    ...{ duplicates: 5, injected: 4, problems: [] },
  };

  it('are sums, with what repeats a failure', () => {
    const totals = noTotals();
    add(totals, { cell, seed: 5 }, result);
    add(totals, { cell, seed: 6 }, { ...result, problems: ['lost 1', 'overwritten 2'] });
    const name = 'put/kill/first/on-demand/one-partition';
    expect(totals).toEqual({
      ...{ scenarios: 2, injected: 8, lost: 2, overwritten: 4, overlaps: 6, duplicates: 10 },
      failures: [`${name}: lost 1, overwritten 2 (--only ${name} --seed 6)`],
    });
    expect(noTotals().failures).toEqual([]);
  });
});
