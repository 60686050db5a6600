import { randomInt } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { print, progress, refuse } from '../../cli/terminal.ts';
import { bundleFunction } from '../../lib/functions/bundle.ts';
import { KafkaClusterError } from '../local/kafka-cluster/errors.ts';
import { type Cell, cellName, needsKafka } from './cell.ts';
import { Clusters, kafkaTopic } from './kafka-scenario.ts';
import {
  add,
  kafkaCells,
  noTotals,
  runMatrix,
  type SeededCell,
  seededCells,
  type Totals,
} from './matrix.ts';
import { cellsOf, type FaultOptions, faultsHelp, parseFaultOptions } from './options.ts';
import { runScenario } from './scenario.ts';
import { compareSlowUpload, isAsExpected } from './slow-upload.ts';
import { bundleFunctions, type CodeFolders, startWorld } from './world.ts';

/** Runs the matrix as asked, and says what came of it. @returns whether all is well */
async function runFaults(options: FaultOptions): Promise<boolean> {
  const { faults, kafkaCells: count, out, parallel, seed } = options;
  const codeFolders = bundleFunctions();
  rmSync(out, { recursive: true, force: true });
  const cells = cellsOf(options);
  const totals = noTotals();
  const tell = ({ cell }: SeededCell, { injected }: { injected: number }, sums: Totals) =>
    progress(
      `${sums.injected} faults in ${sums.scenarios} scenarios · ${cellName(cell)} ${injected}`,
    );
  const onKafka = kafkaCells(cells, count, seed);
  await runOnKafka(onKafka, { out, codeFolders, totals, tell });
  const inMemory = cells.filter((cell) => !needsKafka(cell));
  if (inMemory.length > 0) {
    const isOnce = options.only !== undefined;
    const seeded = seededCells(inMemory, seed);
    await runMatrix(isOnce ? take(seeded, inMemory.length) : seeded, {
      out,
      codeFolders,
      parallel,
      totals,
      goesOn: () => isOnce || totals.injected < faults,
      onResult: (cell, result) => tell(cell, result, totals),
    });
  }
  progress('');
  for (const failure of totals.failures) print(failure);
  const { duplicates, injected, lost, overlaps, overwritten, scenarios } = totals;
  print(`${scenarios} scenarios, ${totals.failures.length} failed`);
  print(
    `faults: ${injected} injected, ${lost} lost, ${overwritten} overwritten, ${overlaps} overlaps (allowed), ${duplicates} duplicates (through Firehose), seed=${seed}`,
  );
  return totals.failures.length === 0 && scenarios > 0;
}

/** The article's service: an upload of six minutes, and five that a consumer may be without a poll. */
async function runSlowUpload({ out }: FaultOptions): Promise<boolean> {
  rmSync(out, { recursive: true, force: true });
  const results = await compareSlowUpload({
    pollInterval: 300,
    upload: 360,
    out,
    codeFolder: bundleFunction('archive'),
    print,
  });
  return isAsExpected(results);
}

interface KafkaRun {
  readonly out: string;
  readonly codeFolders: CodeFolders;
  readonly totals: Totals;
  readonly tell: (cell: SeededCell, result: { injected: number }, totals: Totals) => void;
}

/** One after the other: each has its brokers to itself. */
async function runOnKafka(cells: readonly SeededCell<Cell>[], run: KafkaRun): Promise<void> {
  if (cells.length === 0) return;
  const clusters = new Clusters(run.out);
  const world = await startWorld(join(run.out, 'world-kafka'), run.codeFolders);
  try {
    for (const [index, seeded] of cells.entries()) {
      const { cell, seed } = seeded;
      const topic = await kafkaTopic(`k${index}`, { cell, seed, clusters });
      const result = await runScenario(cell, topic, { seed, world });
      await topic.close();
      add(run.totals, seeded, result);
      run.tell(seeded, result, run.totals);
    }
  } finally {
    await world.close();
    await clusters.close();
  }
}

function* take<Value>(values: Iterable<Value>, count: number): Generator<Value> {
  let taken = 0;
  for (const value of values) {
    if (taken === count) return;
    taken += 1;
    yield value;
  }
}

// By exit, which also ends the functions' processes and the brokers.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

try {
  const options = parseFaultOptions(process.argv.slice(2), randomInt(2 ** 32));
  if (options === 'help') print(faultsHelp);
  else if (!(await (options.slowUpload ? runSlowUpload : runFaults)(options))) process.exitCode = 1;
} catch (error) {
  refuse(error, KafkaClusterError);
}
