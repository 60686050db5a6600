import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createCommand, NotDone, run } from '../../cli/command.ts';
import { wholeNumber } from '../../cli/options.ts';
import { print, printError, progress } from '../../cli/terminal.ts';
import { settingRanges } from '../../lambda/contract.ts';
import { toBatchRecord, toEventJson } from '../../lambda/core/record/mapping-event.ts';
import { bundleFunction, type FunctionEntry } from '../../lib/functions/bundle.ts';
import { archiveFunction } from '../local/lambda/local-functions.ts';
import {
  type Start,
  type StartPlan,
  startFunction,
  startNothing,
  writeRuntime,
} from './cold/starts.ts';
import { type Budgets, coldVerdict, type Rounds, ratiosOf } from './cold/verdict.ts';
import { markdownTable } from './common/markdown-table.ts';
import { type S3Process, startS3Process } from './common/s3-process.ts';
import { machine, showSpread, spreadOf } from './common/sample.ts';
import { smallOrigin } from './events.ts';

const budgets: Budgets = { ratio: 3.8, bundleBytes: 310_000 };

const MEMORY_MIB = settingRanges.memoryMiB.default;

const entries = ['archive', 'archive-firehose', 'replay', 'replay-firehose'] as const;

/** An event with one small order. */
function smallEvent(): string {
  const record = {
    ...{ partition: 0, offset: 0, timestamp: 1_763_895_200_000 },
    timestampType: 'CREATE_TIME',
    ...{ key: Buffer.from('u-17'), value: Buffer.from('{"order":1,"total":12.50}'), headers: [] },
  } as const;
  return toEventJson([toBatchRecord(record, smallOrigin)], smallOrigin);
}

/** Returns a function that starts the archive function, each time with a new prefix so that it has something to put. */
function starter(folder: string, s3: S3Process, more: Partial<StartPlan> = {}) {
  const event = join(folder, 'event.json');
  writeFileSync(event, smallEvent());
  const [runtime, codeFolder] = [writeRuntime(folder), bundleFunction('archive')];
  return () => {
    const configuration = archiveFunction({
      ...{ codeFolder, s3, archiveBucket: s3.bucket, timeFolder: 'hour', compression: 'gzip' },
      ...{ objectPrefix: `${crypto.randomUUID()}/`, serviceName: 'bench' },
      reportBatchItemFailures: false,
      log: new Writable(),
    });
    return startFunction({ configuration, runtime, event, ...more });
  };
}

async function measure(start: ReturnType<typeof starter>, pairs: number): Promise<Rounds> {
  const rounds: { starts: Start[]; nothing: number[] } = { starts: [], nothing: [] };
  // The first pair reads files that are cached afterwards; it is not measured.
  for (let pair = -1; pair < pairs; pair++) {
    // Alternate the order, so that neither side always runs second.
    const isFirst = pair % 2 === 0;
    const before = isFirst ? undefined : await startNothing(MEMORY_MIB);
    const started = await start();
    const nothing = before ?? (await startNothing(MEMORY_MIB));
    if (pair < 0) continue;
    rounds.starts.push(started);
    rounds.nothing.push(nothing);
  }
  return rounds;
}

function cells(rounds: Rounds): string[] {
  const { nothing, starts } = rounds;
  return [
    showSpread(spreadOf(nothing), 0),
    showSpread(spreadOf(starts.map(({ initialised }) => initialised)), 0),
    showSpread(spreadOf(starts.map(({ answered }) => answered)), 0),
    showSpread(spreadOf(ratiosOf(rounds)), 2),
  ];
}

/** Variants that show where the time of a start goes. None is deployed. */
function variants(folder: string, s3: S3Process) {
  const cache = join(folder, 'compile-cache');
  return {
    'with a compile cache': starter(folder, s3, { environment: { NODE_COMPILE_CACHE: cache } }),
  };
}

async function runBench(pairs: number, withVariants: boolean): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-cold-'));
  try {
    await using s3 = await startS3Process();
    print(`${machine()}, ${pairs} pairs, event of ${smallEvent().length} bytes with one record\n`);
    const archive = starter(folder, s3);
    const rounds = await measure(archive, pairs);
    const rows = [['as deployed', ...cells(rounds)]];
    for (const [name, start] of Object.entries(withVariants ? variants(folder, s3) : {})) {
      progress(name);
      rows.push([name, ...cells(await measure(start, pairs))]);
    }
    progress('');
    const head = ['Archive function', 'Empty process', 'Handler loaded', 'First PUT'];
    print('Milliseconds from the spawn (quartiles)\n');
    print(markdownTable([...head, 'Ratio'], rows));
    const sizes = entries.map((entry) => [entry, sizeOf(entry)] as const);
    const shown = sizes.map(([entry, bytes]) => [entry, bytes.toLocaleString('en')]);
    print(`\n${markdownTable(['Bundle', 'Bytes'], shown)}`);
    const { isWithinBudgets, line } = coldVerdict(rounds, sizeOf('archive'), budgets);
    print(`\n${line}`);
    return isWithinBudgets;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function sizeOf(entry: FunctionEntry): number {
  return statSync(join(bundleFunction(entry), 'index.mjs')).size;
}

const command = createCommand(
  'npm run bench:cold --',
  `Measures cold starts of the archive function: the deployed bundle in a new process, with the \
flags and the environment of the local function, from the spawn until its handler is loaded and \
until it has stored the first record in a local S3 server in another process. It runs in turns \
with an empty process. ratio = start to first PUT / empty process, which must be at most \
${budgets.ratio}; the bundle may have ${budgets.bundleBytes} bytes. Exit code 1 if either is \
exceeded.`,
)
  .addOption(wholeNumber('--pairs <n>', 'pairs of starts', { min: 20, max: 1000, default: 30 }))
  .option('--variants', 'also measure starts that are not deployed: with a warm NODE_COMPILE_CACHE')
  .action(async ({ pairs, variants = false }) => {
    if (!(await runBench(pairs, variants))) throw new NotDone();
  });

process.exitCode = await run(command, process.argv.slice(2), { print, printError });
