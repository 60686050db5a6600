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
import { type CodeFolders, STALL_MS, startWorld, type World } from './world.ts';

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
  /** Violations, each with the flags that repeat its scenario. */
  readonly failures: string[];
  /** Scenarios without a violation that made no progress for too long, each with the flags that repeat it. */
  readonly unfinished: string[];
}

/** Empty sums. */
export function noTotals(): Totals {
  return {
    scenarios: 0,
    injected: 0,
    lost: 0,
    overwritten: 0,
    overlaps: 0,
    duplicates: 0,
    failures: [],
    unfinished: [],
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
  const name = cellName(cell);
  const repeat = `(--only ${name} --seed ${seed})`;
  if (result.problems.length > 0) {
    totals.failures.push(`${name}: ${result.problems.join(', ')} ${repeat}`);
  } else if (!result.isFinished) {
    const stalled = `unfinished, after ${STALL_MS / 60_000} minutes without progress`;
    totals.unfinished.push(`${name}: ${stalled} ${repeat}`);
  }
}

/** Result of a scenario that ended with an error, which says nothing about the others. */
function brokenResult(error: unknown): ScenarioResult {
  const problem = `ended with ${error instanceof Error ? error.stack : String(error)}`;
  return {
    ...{ produced: 0, lost: 0, altered: 0, overwritten: 0, unexplained: 0, overlaps: 0 },
    ...{ duplicates: 0, injected: 0, isFinished: false, problems: [problem] },
  };
}

/** Faults that a scenario injects about, where the exact number depends on how often calls are retried. */
function plannedFaults({ call, kind, time }: AnyCell): number {
  const isLong = kind === 'hang' && (call === 'invoke' || call === 'put-records');
  return time === 'first' || time === 'last' || isLong ? 1 : REPEATED_FAULTS;
}

/** Measured: faults of a scenario in which every second try, or a third of the tries, is struck. */
const REPEATED_FAULTS = 6;

/**
 * Scenarios that together inject about the given number of faults. The seed alone chooses them, so that a run on a
 * busy machine has the same scenarios.
 */
export function* scenariosFor(
  faults: number,
  seeded: Iterable<SeededCell>,
): Generator<SeededCell, void> {
  let planned = 0;
  for (const next of seeded) {
    if (planned >= faults) return;
    planned += plannedFaults(next.cell);
    yield next;
  }
}

/** Endless rounds over all cells, each in a new order and with a new seed for every cell. */
export function* seededCells(
  cells: readonly AnyCell[],
  seed: number,
): Generator<SeededCell, never> {
  // A single cell first runs with the given seed, so that a failure can be repeated.
  if (cells.length === 1) for (const [cell] of [cells]) if (cell) yield { cell, seed };
  const random = new Random(seed);
  for (;;) {
    for (const cell of random.shuffle(cells)) yield { cell, seed: random.below(2 ** 32) };
  }
}

/** Some cells of each topology that needs a real broker. */
export function kafkaCells(
  cells: readonly AnyCell[],
  count: number,
  seed: number,
): SeededCell<Cell>[] {
  const random = new Random(seed);
  // A single cell runs with the given seed, so that a failure can be repeated.
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

/** How cells run in memory. */
export interface MatrixOptions {
  /** The folder for objects and logs. */
  readonly out: string;
  readonly codeFolders: CodeFolders;
  /** Concurrent scenarios. */
  readonly parallel: number;
  /** Results are added to them. */
  readonly totals: Totals;
  readonly onResult: (cell: SeededCell, result: ScenarioResult) => void;
}

/** Runs cells in memory, several concurrently. A scenario that ends with an error counts as failed. */
export async function runMatrix(
  cells: Iterable<SeededCell>,
  { out, codeFolders, parallel, totals, onResult }: MatrixOptions,
): Promise<void> {
  const waiting = cells[Symbol.iterator]();
  let number = 0;
  const work = async (world: World) => {
    for (let next = waiting.next(); !next.done; next = waiting.next()) {
      const { cell, seed } = next.value;
      number += 1;
      const running = runInMemory(cell, { name: `t${number}`, seed, world });
      const result = await running.catch(brokenResult);
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

/** Runs one cell in memory. */
export async function runInMemory(
  cell: AnyCell,
  scenario: { readonly name: string; readonly seed: number; readonly world: World },
): Promise<ScenarioResult> {
  const { name, seed } = scenario;
  if (isReplayCell(cell)) return runReplayScenario(cell, scenario);
  if (isStreamCell(cell)) return runStreamScenario(cell, scenario);
  return runScenario(cell, await memoryTopic(name, cell, seed), scenario);
}
