import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCommand, NotDone, run } from '../../cli/command.ts';
import { wholeNumber } from '../../cli/options.ts';
import { print, printError } from '../../cli/terminal.ts';
import { markdownTable } from './common/markdown-table.ts';
import { runChild } from './common/run-child.ts';
import { machine } from './common/sample.ts';
import type { MergeResult } from './merge/child.ts';
import { type Hour, writeHour } from './merge/objects.ts';
import { verifyFile } from './merge/verify.ts';

const MOST_CPU_SECONDS = 20;
const MOST_MIB = 600;

const command = createCommand(
  'npm run bench:merge --',
  `Merges an hour of objects, each with lines of every partition, into one Parquet file: each object \
is read once, its lines go to the row group of their partition, and records that are stored \
twice are written once. Measures the peak memory and the CPU of the merging process, and reads \
the file back: every record must be in it, once and in order.

Writes the objects into a temporary folder and deletes them. Goals: ${MOST_MIB} MiB of memory and \
${MOST_CPU_SECONDS} seconds of CPU a gigabyte of lines.`,
)
  .addOption(wholeNumber('--gigabytes <n>', 'gigabytes of lines', { min: 1, max: 100, default: 2 }))
  .addOption(
    wholeNumber('--partitions <n>', 'partitions of each object', { min: 1, max: 30, default: 12 }),
  )
  .addOption(
    wholeNumber('--buffer <MiB>', 'lines that wait for their row groups', {
      ...{ min: 1, max: 1024, default: 64 },
    }),
  )
  .action(async ({ gigabytes, partitions, buffer }) => {
    const root = mkdtempSync(join(tmpdir(), 'bench-merge-'));
    try {
      const hour = writeHour(root, gigabytes, partitions);
      const file = join(root, 'merged.parquet');
      const result = await runChild<MergeResult>('merge/child.ts', [root, file, buffer]);
      await verifyFile(file, hour);
      const { conflicts, duplicates } = result;
      if (duplicates !== hour.duplicates || conflicts !== hour.conflicts) {
        throw new Error(`found ${duplicates} duplicates and ${conflicts} conflicts`);
      }
      report(hour, result, statSync(file).size);
    } finally {
      rmSync(root, { recursive: true });
    }
  });

process.exitCode = await run(command, process.argv.slice(2), { print, printError });

function report(hour: Hour, result: MergeResult, parquetBytes: number): void {
  const cpuPerGigabyte = result.cpuSeconds / (result.lineBytes / 1e9);
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
  print(`${machine()}\n`);
  const rows = [
    ['objects', String(hour.objects)],
    ['partitions', String(hour.partitions)],
    ['lines', String(result.lines)],
    ['duplicates left out', String(result.duplicates)],
    ['conflicting lines kept', String(result.conflicts)],
    ['MB of lines', megabytes(result.lineBytes)],
    ['MB of objects', megabytes(hour.gzipBytes)],
    ['MB of Parquet', megabytes(parquetBytes)],
    ['row groups', String(result.groups)],
    ['CPU seconds', result.cpuSeconds.toFixed(1)],
    ['CPU seconds a GB of lines', cpuPerGigabyte.toFixed(1)],
    ['of only decompressing them', result.gunzipSecondsPerGigabyte.toFixed(1)],
    ['peak memory, MiB', result.peakMiB.toFixed(0)],
  ];
  print(markdownTable(['Measured', 'Value'], rows));
  if (result.peakMiB > MOST_MIB || cpuPerGigabyte > MOST_CPU_SECONDS) {
    printError(`The goals are ${MOST_MIB} MiB and ${MOST_CPU_SECONDS} CPU seconds a GB.`);
    throw new NotDone();
  }
}
