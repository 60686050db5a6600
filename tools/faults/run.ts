import { randomInt } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createCommand, NotDone, run } from '../../cli/command.ts';
import { wholeNumber } from '../../cli/options.ts';
import { print, printError, progress } from '../../cli/terminal.ts';
import { UsageError } from '../../cli/usage-error.ts';
import { bundleFunction } from '../../lib/functions/bundle.ts';
import { KafkaClusterError } from '../local/kafka-cluster/errors.ts';
import { type AnyCell, type Cell, cellName, cellsOf, needsKafka } from './cell.ts';
import { Clusters, kafkaTopic } from './kafka-scenario.ts';
import {
  add,
  kafkaCells,
  noTotals,
  runMatrix,
  type SeededCell,
  scenariosFor,
  seededCells,
  type Totals,
} from './matrix.ts';
import { runScenario } from './scenario.ts';
import { compareSlowUpload, isAsExpected } from './slow-upload.ts';
import { bundleFunctions, type CodeFolders, startWorld } from './world.ts';

interface MatrixRun {
  readonly cells: readonly AnyCell[];
  /** Whether each cell runs once, rather than as often as it takes to inject about `faults`. */
  readonly isOnce: boolean;
  readonly faults: number;
  readonly kafkaCells: number;
  readonly parallel: number;
  readonly seed: number;
  readonly out: string;
}

/** Runs the matrix, and prints the result. @returns the exit code */
async function runFaults(options: MatrixRun): Promise<ExitCode> {
  const { cells, faults, isOnce, out, parallel, seed } = options;
  const codeFolders = bundleFunctions();
  const totals = noTotals();
  await runOnKafka(kafkaCells(cells, options.kafkaCells, seed), { out, codeFolders, totals });
  const inMemory = cells.filter((cell) => !needsKafka(cell));
  if (inMemory.length > 0) {
    const seeded = seededCells(inMemory, seed);
    const once = () => inMemory.map(() => seeded.next().value);
    await runMatrix(isOnce ? once() : scenariosFor(faults, seeded), {
      ...{ out, codeFolders, parallel, totals },
      onResult: (cell) => showProgress(totals, cell),
    });
  }
  progress('');
  for (const line of [...totals.failures, ...totals.unfinished]) print(line);
  const { duplicates, injected, lost, overlaps, overwritten, scenarios } = totals;
  const { length: failed } = totals.failures;
  const { length: unfinished } = totals.unfinished;
  print(`${scenarios} scenarios, ${failed} failed, ${unfinished} unfinished`);
  print(
    `faults: ${injected} injected, ${lost} lost, ${overwritten} overwritten, ${overlaps} overlaps (allowed), ${duplicates} duplicates (through Firehose), seed=${seed}`,
  );
  if (failed > 0 || scenarios === 0) return FAILED;
  return unfinished > 0 ? UNFINISHED : 0;
}

const FAILED = 1;
const UNFINISHED = 3;
type ExitCode = 0 | typeof FAILED | typeof UNFINISHED;

function showProgress({ injected, scenarios }: Totals, { cell }: SeededCell): void {
  progress(`${injected} faults in ${scenarios} scenarios · ${cellName(cell)}`);
}

/** The real-life case: an upload of six minutes, with a poll interval of five. */
async function runSlowUpload(out: string): Promise<boolean> {
  const codeFolder = bundleFunction('archive');
  const results = await compareSlowUpload({
    ...{ pollInterval: 300, upload: 360, out, codeFolder, print },
  });
  return isAsExpected(results);
}

interface KafkaRun {
  readonly out: string;
  readonly codeFolders: CodeFolders;
  readonly totals: Totals;
}

/** One cell after another, because each disturbs the brokers. */
async function runOnKafka(
  cells: readonly SeededCell<Cell>[],
  { codeFolders, out, totals }: KafkaRun,
): Promise<void> {
  if (cells.length === 0) return;
  const clusters = new Clusters(out);
  const world = await startWorld(join(out, 'world-kafka'), codeFolders);
  try {
    for (const [index, seeded] of cells.entries()) {
      const { cell, seed } = seeded;
      const topic = await kafkaTopic(`k${index}`, { cell, seed, clusters });
      const result = await runScenario(cell, topic, { seed, world });
      await topic.close();
      add(totals, seeded, result);
      showProgress(totals, seeded);
    }
  } finally {
    await world.close();
    await clusters.close();
  }
}

/** Exit code of the matrix. */
let outcome: ExitCode = 0;

const command = createCommand(
  'npm run faults --',
  `Archives topics while faults strike, and reads every record back. A cell of the matrix is a call \
(put, commit, invoke, destination) that fails one way (throttle, error, reset, slow, hang, \
lost-answer, kill) at one time (first, last, each, random), in a mode and on a topology. The seed \
chooses whether the functions make objects of batches or of partitions.

Also replays failed batches while the calls of the replay fail (receive, invoke, delete, load, store, \
compare, mark, delay, bury), and archives through a delivery stream while its calls fail \
(put-records, also in part: reject) and those of the stream to S3 (store). Through a stream, every \
offset must be stored at least once, and as often as the stream accepted it.`,
)
  .addOption(
    wholeNumber('--seed <n>', 'chooses records, settings, the form of objects, and strikes', {
      ...{ min: 0, max: 2 ** 32 - 1 },
    }),
  )
  .addOption(
    wholeNumber(
      '--faults <n>',
      'faults to inject, approximately: the seed alone chooses the scenarios',
      {
        ...{ min: 1, max: 1_000_000, default: 1000 },
      },
    ),
  )
  .option(
    '--only <text>',
    'run each cell once whose name contains the text, such as put/kill, broker-restart, replay/ or firehose/; / is every cell',
    '',
  )
  .addOption(wholeNumber('--parallel <n>', 'concurrent scenarios', { min: 1, max: 64, default: 6 }))
  .addOption(
    wholeNumber('--kafka-cells <n>', 'cells of each topology that needs a real broker', {
      ...{ min: 0, max: 56, default: 10 },
    }),
  )
  .option('--memory-only', 'run no cell that needs a real broker, so that only Node is needed')
  .option(
    '--slow-upload',
    'instead of the matrix, compare a consumer that polls, buffers and uploads in one loop with the local event source mapping, with an upload of 6 minutes and a poll interval of 5',
  )
  .option('--out <folder>', 'the folder for objects and logs', 'faults-out')
  .addHelpText(
    'after',
    `
The last line, for example:
  faults: 1000 injected, 0 lost, 0 overwritten, 12 overlaps (allowed),
  5 duplicates (through Firehose), seed=7

A scenario that makes no progress for five minutes is unfinished: nothing is
known to be lost, but not every record was stored either.

The same seed runs the same scenarios. How many faults they inject, and how many
overlaps and duplicates follow, depends on how often calls are retried.

Exit code: 0 if nothing was lost, overwritten, or overlaps where it must not,
1 if something was, 2 if the command line is wrong, 3 if a scenario is
unfinished and nothing else is wrong.`,
  )
  .action(async ({ memoryOnly, only, out, seed = randomInt(2 ** 32), slowUpload, ...options }) => {
    const cells = cellsOf(only, memoryOnly);
    if (cells.length === 0) {
      throw new UsageError(`--only must be part of a cell's name, such as put/kill, got '${only}'`);
    }
    rmSync(out, { recursive: true, force: true });
    if (slowUpload) {
      if (!(await runSlowUpload(out))) throw new NotDone();
      return;
    }
    outcome = await runFaults({ ...options, cells, isOnce: only !== '', seed, out });
  });

// Exiting also ends the functions' processes and the brokers.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
const output = { print, printError };
const exitCode = await run(command, process.argv.slice(2), output, [KafkaClusterError]);
process.exitCode = exitCode || outcome;
