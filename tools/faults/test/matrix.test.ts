import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AnyCell,
  type Cell,
  calls,
  cellName,
  kinds,
  replayCalls,
  replayCells,
  streamCells,
} from '../cell.ts';
import { runInMemory } from '../matrix.ts';
import { Random } from '../random.ts';
import { bundleFunctions, STALL_MS, startWorld, type World } from '../world.ts';

const SEED = 20_261_123;

// Each fault of each call once, and each call of the replay; the seed chooses the rest of the cell.
// `npm run faults` runs all cells.
const random = new Random(SEED);
const archiveCells = calls.flatMap((call) =>
  kinds
    // It lasts as long as the function's timeout.
    .filter((kind) => !(call === 'invoke' && kind === 'hang'))
    .map((kind): Cell => {
      const time = random.pick(['first', 'last', 'each', 'random']);
      const mode = random.pick(['on-demand', 'provisioned']);
      const topology = random.pick(['one-partition', 'many-partitions', 'rebalance']);
      return { call, kind, time, mode, topology };
    }),
);

const cellsOfReplay = replayCalls.flatMap((call) =>
  random.shuffle(replayCells().filter((cell) => cell.call === call)).slice(0, 1),
);
// Each fault of the delivery through a stream.
const cellsOfStream = [
  ...new Map(random.shuffle(streamCells()).map((cell) => [cell.kind, cell])).values(),
];
const cells: readonly AnyCell[] = [...archiveCells, ...cellsOfReplay, ...cellsOfStream];

let folder: string;
let worlds: World[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'faults-'));
  const codeFolders = bundleFunctions(folder);
  worlds = await Promise.all(
    [0, 1, 2].map((index) => startWorld(join(folder, `world-${index}`), codeFolders)),
  );
});

afterAll(async () => {
  await Promise.all(worlds.map((world) => world.close()));
  rmSync(folder, { recursive: true, force: true });
});

describe('with every kind of fault, every record is stored and no object is overwritten', () => {
  it(`in ${cells.length} cells of the matrix`, { timeout: 2 * STALL_MS }, async () => {
    const waiting = cells.entries();
    const problems: string[] = [];
    let injected = 0;
    const work = async (world: World) => {
      for (const [index, cell] of waiting) {
        const seed = SEED + index;
        const result = await runInMemory(cell, { name: `t${index}`, seed, world });
        injected += result.injected;
        problems.push(...result.problems.map((problem) => `${cellName(cell)}: ${problem}`));
      }
    };
    await Promise.all(worlds.map(work));
    expect(problems).toEqual([]);
    expect(injected).toBeGreaterThanOrEqual(cells.length);
  });
});
