import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allCells, cellName, needsKafka } from '../../tools/faults/cell.ts';
import { Clusters, kafkaTopic } from '../../tools/faults/kafka-scenario.ts';
import { kafkaCells } from '../../tools/faults/matrix.ts';
import { runScenario } from '../../tools/faults/scenario.ts';
import { bundleFunctions, STALL_MS, startWorld, type World } from '../../tools/faults/world.ts';

const SEED = 20_261_123;
// A few of each topology; `npm run faults` runs more.
const cells = kafkaCells(allCells().filter(needsKafka), 3, SEED);

let folder: string;
let world: World;
let clusters: Clusters;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'faults-'));
  world = await startWorld(folder, bundleFunctions(folder));
  clusters = new Clusters(folder);
});

afterAll(async () => {
  await world.close();
  await clusters.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('with faults on a real broker, every record is stored and no object is overwritten', () => {
  it.each(cells.map((seeded, index) => [cellName(seeded.cell), seeded, index] as const))(
    '%s',
    { timeout: 2 * STALL_MS },
    async (_, { cell, seed }, index) => {
      const topic = await kafkaTopic(`k${index}`, { cell, seed, clusters });
      const result = await runScenario(cell, topic, { seed, world });
      await topic.close();
      expect(result.problems).toEqual([]);
      expect(result.injected).toBeGreaterThan(0);
    },
  );
});
