import { join } from 'node:path';
import { type Cell, cellName, needsKafka, topologies } from './cell.ts';
import { memoryTopic } from './memory-scenario.ts';
import { Random } from './random.ts';
import { runScenario, type ScenarioResult } from './scenario.ts';
import { startWorld, type World } from './world.ts';

/** A cell with the seed of everything random in it. */
export interface SeededCell {
  readonly cell: Cell;
  readonly seed: number;
}

/** Sums over scenarios. */
export interface Totals {
  scenarios: number;
  injected: number;
  lost: number;
  overwritten: number;
  overlaps: number;
  /** What went wrong, with what repeats it. */
  readonly failures: string[];
}

/** The sums before the first scenario. */
export function noTotals(): Totals {
  return { scenarios: 0, injected: 0, lost: 0, overwritten: 0, overlaps: 0, failures: [] };
}

/** Adds a scenario to the sums. */
export function add(totals: Totals, { cell, seed }: SeededCell, result: ScenarioResult): void {
  totals.scenarios += 1;
  totals.injected += result.injected;
  totals.lost += result.lost;
  totals.overwritten += result.overwritten;
  totals.overlaps += result.overlaps;
  if (result.problems.length === 0) return;
  const what = result.problems.join(', ');
  totals.failures.push(`${cellName(cell)}: ${what} (--only ${cellName(cell)} --seed ${seed})`);
}

/** Every cell in an order that the seed decides, each with a seed of its own; without end. */
export function* seededCells(cells: readonly Cell[], seed: number): Generator<SeededCell> {
  // A single cell runs with the very seed, so that it can be run again.
  if (cells.length === 1) for (const [cell] of [cells]) if (cell) yield { cell, seed };
  const random = new Random(seed);
  for (;;) {
    for (const cell of random.shuffle(cells)) yield { cell, seed: random.below(2 ** 32) };
  }
}

/** Some of the cells of each topology of a real broker. */
export function kafkaCells(cells: readonly Cell[], count: number, seed: number): SeededCell[] {
  const random = new Random(seed);
  // As with those in memory, a single cell can be run again.
  const nextSeed = () => (cells.length === 1 ? seed : random.below(2 ** 32));
  return topologies.flatMap((topology) =>
    random
      .shuffle(cells.filter((cell) => needsKafka(cell) && cell.topology === topology))
      .slice(0, count)
      .map((cell) => ({ cell, seed: nextSeed() })),
  );
}

/** What running cells in memory takes. */
export interface MatrixOptions {
  /** Folder for objects and logs. */
  readonly out: string;
  readonly codeFolder: string;
  readonly parallel: number;
  /** Added to. */
  readonly totals: Totals;
  /** Whether to go on, before each scenario. */
  readonly goesOn: () => boolean;
  readonly onResult: (cell: SeededCell, result: ScenarioResult) => void;
}

/** Runs cells whose topics are in memory, several at a time, until there are no more or it is enough. */
export async function runMatrix(
  cells: Iterable<SeededCell>,
  { out, codeFolder, parallel, totals, goesOn, onResult }: MatrixOptions,
): Promise<void> {
  const waiting = cells[Symbol.iterator]();
  let number = 0;
  const work = async (world: World) => {
    while (goesOn()) {
      const next = waiting.next();
      if (next.done) return;
      const { cell, seed } = next.value;
      number += 1;
      const topic = await memoryTopic(`t${number}`, cell, seed);
      const result = await runScenario(cell, topic, { seed, world });
      add(totals, next.value, result);
      onResult(next.value, result);
    }
  };
  await Promise.all(
    Array.from({ length: parallel }, async (_, index) => {
      const world = await startWorld(join(out, `world-${index}`), codeFolder);
      await work(world).finally(() => world.close());
    }),
  );
}
