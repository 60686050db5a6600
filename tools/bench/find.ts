import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCommand, NotDone, run } from '../../cli/command.ts';
import { list } from '../../cli/options.ts';
import { print, printError } from '../../cli/terminal.ts';
import { UsageError } from '../../cli/usage-error.ts';
import { markdownTable } from './common/markdown-table.ts';
import { machine, median } from './common/sample.ts';
import { openDuckDb } from './find/duckdb.ts';
import { findByKey, findByOffset } from './find/find.ts';
import { writeArchive } from './find/objects.ts';

/** Most of DuckDB's time for one record by its offset, and by its key. */
const goals = { offset: 1 / 50, key: 1 };

/** Runs of each side, in turns. */
const ROUNDS = 3;

const command = createCommand(
  'npm run bench:find --',
  `Finds one record in a folder of objects, by its offset and by its key, and compares the time with \
DuckDB's over the same files, in turns in one process. The command line's start is in neither. \
DuckDB parses the JSON of the lines into the columns that it needs.

Writes the objects into a temporary folder and deletes them. Goals: by offset a fiftieth of \
DuckDB's time, by key no more than DuckDB's time.`,
)
  .addOption(
    list('--objects <list>', 'numbers of objects, separated by commas').default(
      ['1000', '10000'] as readonly string[],
      '1000,10000',
    ),
  )
  .action(async ({ objects }) => {
    const counts = objects.map(Number);
    if (!counts.every((count) => Number.isSafeInteger(count) && count >= 10 && count <= 100_000)) {
      throw new UsageError('--objects must be numbers from 10 to 100000');
    }
    print(`${machine()}\n`);
    const rows: string[][] = [];
    let isMissed = false;
    for (const count of counts) {
      for (const { by, duckDb, find } of await measure(count)) {
        const share = find / duckDb;
        isMissed ||= share > goals[by];
        rows.push([
          ...[String(count), by, find.toFixed(3), duckDb.toFixed(3)],
          ...[share.toFixed(4), goals[by].toFixed(2)],
        ]);
      }
    }
    const head = ['Objects', 'By', 'find, s', 'DuckDB, s', 'Share', 'Goal'];
    print(markdownTable(head, rows));
    if (isMissed) {
      printError('A goal was missed.');
      throw new NotDone();
    }
  });

process.exitCode = await run(command, process.argv.slice(2), { print, printError });

/** Median seconds of each side. */
interface Measured {
  readonly by: keyof typeof goals;
  readonly find: number;
  readonly duckDb: number;
}

async function measure(objects: number): Promise<readonly Measured[]> {
  const root = mkdtempSync(join(tmpdir(), 'bench-find-'));
  const duckDb = await openDuckDb(root);
  try {
    const record = writeArchive(root, objects);
    return [
      await inTurns(
        'offset',
        () => findByOffset(root, record),
        () => duckDb.findByOffset(record),
      ),
      await inTurns(
        'key',
        () => findByKey(root, record),
        () => duckDb.findByKey(record),
      ),
    ];
  } finally {
    duckDb.close();
    rmSync(root, { recursive: true });
  }
}

/** @param find and `duckDb` resolve with the number of records that they found, which must be 1 */
async function inTurns(
  by: Measured['by'],
  find: () => Promise<number>,
  duckDb: () => Promise<number>,
): Promise<Measured> {
  const seconds: { find: number[]; duckDb: number[] } = { find: [], duckDb: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const [side, act] of [
      ['find', find],
      ['duckDb', duckDb],
    ] as const) {
      const start = performance.now();
      const found = await act();
      seconds[side].push((performance.now() - start) / 1_000);
      if (found !== 1) throw new Error(`${side} found ${found} records by ${by}`);
    }
  }
  return { by, find: median(seconds.find), duckDb: median(seconds.duckDb) };
}
