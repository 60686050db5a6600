import { join } from 'node:path';
import {
  type AnyCell,
  type Cell,
  cellName,
  isReplayCell,
  isStreamCell,
  needsKafka,
  type Topology,
  topologies,
} from './cell.ts';
import { memoryTopic } from './memory-scenario.ts';
import { Random } from './random.ts';
import { runReplayScenario } from './replay-scenario.ts';
import { runScenario, type ScenarioResult } from './scenario.ts';
import { runStreamScenario } from './stream-scenario.ts';
import { type CodeFolders, startWorld, type World } from './world.ts';

/** A cell with the seed of everything random in it. */
export interface SeededCell<Of extends AnyCell = AnyCell> {
  readonly cell: Of;
  readonly seed: number;
}

/** Sums over scenarios. */
export interface Totals {
  scenarios: number;
  injected: number;
  lost: number;
  overwritten: number;
  overlaps: number;
  duplicates: number;
  /** What went wrong, with what repeats it. */
  readonly failures: string[];
}

/** The sums before the first scenario. */
export function noTotals(): Totals {
  return {
    scenarios: 0,
    injected: 0,
    lost: 0,
    overwritten: 0,
    overlaps: 0,
    duplicates: 0,
    failures: [],
  };
}

/** Adds a scenario to the sums. */
export function add(totals: Totals, { cell, seed }: SeededCell, result: ScenarioResult): void {
  totals.scenarios += 1;
  totals.injected += result.injected;
  totals.lost += result.lost;
  totals.overwritten += result.overwritten;
  totals.overlaps += result.overlaps;
  totals.duplicates += result.duplicates;
  if (result.problems.length === 0) return;
  const what = result.problems.join(', ');
  totals.failures.push(`${cellName(cell)}: ${what} (--only ${cellName(cell)} --seed ${seed})`);
}

/** Every cell in an order that the seed decides, each with a seed of its own; without end. */
export function* seededCells(cells: readonly AnyCell[], seed: number): Generator<SeededCell> {
  // A single cell runs with the very seed, so that it can be run again.
  if (cells.length === 1) for (const [cell] of [cells]) if (cell) yield { cell, seed };
  const random = new Random(seed);
  for (;;) {
    for (const cell of random.shuffle(cells)) yield { cell, seed: random.below(2 ** 32) };
  }
}

/** Some of the cells of each topology of a real broker. */
export function kafkaCells(
  cells: readonly AnyCell[],
  count: number,
  seed: number,
): SeededCell<Cell>[] {
  const random = new Random(seed);
  // As with those in memory, a single cell can be run again.
  const nextSeed = () => (cells.length === 1 ? seed : random.below(2 ** 32));
  return topologies.flatMap((topology) =>
    random
      .shuffle(ofTopology(cells, topology))
      .slice(0, count)
      .map((cell) => ({ cell, seed: nextSeed() })),
  );
}

function ofTopology(cells: readonly AnyCell[], topology: Topology): Cell[] {
  return cells.filter((cell): cell is Cell => needsKafka(cell) && cell.topology === topology);
}

/** What running cells in memory takes. */
export interface MatrixOptions {
  /** Folder for objects and logs. */
  readonly out: string;
  readonly codeFolders: CodeFolders;
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
  { out, codeFolders, parallel, totals, goesOn, onResult }: MatrixOptions,
): Promise<void> {
  const waiting = cells[Symbol.iterator]();
  let number = 0;
  const work = async (world: World) => {
    while (goesOn()) {
      const next = waiting.next();
      if (next.done) return;
      const { cell, seed } = next.value;
      number += 1;
      const result = await runInMemory(cell, { name: `t${number}`, seed, world });
      add(totals, next.value, result);
      onResult(next.value, result);
    }
  };
  await Promise.all(
    Array.from({ length: parallel }, async (_, index) => {
      const world = await startWorld(join(out, `world-${index}`), codeFolders);
      await work(world).finally(() => world.close());
    }),
  );
}

/** Runs a cell whose topic, if it has one, is in memory. */
export async function runInMemory(
  cell: AnyCell,
  scenario: { readonly name: string; readonly seed: number; readonly world: World },
): Promise<ScenarioResult> {
  const { name, seed } = scenario;
  if (isReplayCell(cell)) return runReplayScenario(cell, scenario);
  if (isStreamCell(cell)) return runStreamScenario(cell, scenario);
  return runScenario(cell, await memoryTopic(name, cell, seed), scenario);
}
