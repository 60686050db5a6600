import type { Buffer } from 'node:buffer';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { createCommand, run } from '../../cli/command.ts';
import { wholeNumber } from '../../cli/options.ts';
import { print, printError, progress } from '../../cli/terminal.ts';
import { markdownTable } from './common/markdown-table.ts';
import { cpuOf, machine } from './common/sample.ts';
import { compressionCost } from './cost/cost.ts';
import { fullLines } from './cost/full-lines.ts';
import { type DataSet, dataSets } from './events.ts';

/** Months for which an object is stored. */
const MONTHS = [1, 3, 12];

/** Batches that the dollars are for. */
const BATCHES = 1000;

const compressions = {
  gzip: {
    levels: [1, 2, 3, 4, 5, 6, 7, 8, 9],
    compress: (lines: Buffer, level: number) => gzipSync(lines, { level, memLevel: 9 }),
  },
  zstd: {
    // Higher levels need seconds for a batch.
    levels: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    compress: (lines: Buffer, level: number) =>
      zstdCompressSync(lines, {
        params: { [constants.ZSTD_c_compressionLevel]: level },
        pledgedSrcSize: lines.length,
      }),
  },
} as const;

/** Prints CPU, bytes and dollars of each level. */
async function measure(data: DataSet, rounds: number): Promise<void> {
  const { lines } = fullLines(data);
  const cases = Object.entries(compressions).flatMap(([name, { compress, levels }]) =>
    levels.map((level) => ({
      name: `${name} ${level}`,
      work: () => compress(lines, level),
      bytes: compress(lines, level).length,
      cpu: [] as number[],
    })),
  );
  // All levels in each round, so that a busy moment of the machine meets all.
  for (let round = 0; round < rounds; round += 1) {
    progress(`${data}: round ${round + 1} of ${rounds}`);
    for (const { cpu, work } of cases) cpu.push(await cpuOf(work));
  }
  progress('');
  // The least CPU, because other work on the machine only adds to it.
  const rows = cases.map(({ bytes, cpu, name }) => [
    ...[name, Math.min(...cpu).toFixed(1), bytes.toLocaleString('en')],
    ...MONTHS.map((months) => {
      const batch = { cpuSeconds: Math.min(...cpu) / 1000, bytes, months };
      return `$${(BATCHES * compressionCost(batch)).toFixed(4)}`;
    }),
  ]);
  print(`\n${data}, ${lines.length.toLocaleString('en')} bytes of lines\n`);
  const head = MONTHS.map((months) => (months === 1 ? '1 month' : `${months} months`));
  print(markdownTable(['Level', 'CPU ms', 'Bytes', ...head], rows));
}

const command = createCommand(
  'npm run bench:levels --',
  `Measures the least CPU and the bytes of each level of gzip and zstd for the lines of a full batch of 1 \
KB values, in turns, and computes dollars for ${BATCHES} batches: CPU of an arm64 function, as if \
its cores were this machine's, and STANDARD storage for 1, 3 and 12 months. PUTs, requests and \
queries are not included.`,
)
  .addOption(wholeNumber('--rounds <n>', 'rounds', { min: 3, max: 1000, default: 10 }))
  .action(async ({ rounds }) => {
    print(`${machine()}, ${rounds} rounds`);
    for (const data of dataSets) await measure(data, rounds);
  });

process.exitCode = await run(command, process.argv.slice(2), { print, printError });
