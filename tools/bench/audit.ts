import { createCommand, NotDone, run } from '../../cli/command.ts';
import { wholeNumber } from '../../cli/options.ts';
import { print, printError } from '../../cli/terminal.ts';
import type { AuditFigures } from './audit/audit.ts';
import { markdownTable } from './common/markdown-table.ts';
import { runChild } from './common/run-child.ts';
import { machine } from './common/sample.ts';

const MOST_MIB = 1024;
const HEAP_MIB = 768;

const command = createCommand(
  'npm run bench:audit --',
  `Audits simulated archives: the first audit of a topic, one an hour later, which lists recent \
folders only, and a full listing after an object was deleted, which must find it. It measures \
everything but requests: listings are computed, and so are the offsets of bodies.

Three archives: plain batches of 10,000 records; the same with a transaction mark at every \
hundredth offset, whose bodies are all read once; and batches of 1,000 records, which make ten \
times the keys. Goals: ${MOST_MIB} MiB of memory for each, and what an audit an hour later lists must \
not depend on the age of the archive.`,
)
  .addOption(wholeNumber('--partitions <n>', 'partitions', { min: 1, max: 10_000, default: 1000 }))
  .addOption(
    wholeNumber('--hours <n>', 'hours of the archive', { min: 10, max: 100_000, default: 250 }),
  )
  .action(async ({ hours, partitions }) => {
    print(`${machine()}\n`);
    // What Node may use of the memory, as Lambda limits it: otherwise it would put off collecting garbage.
    process.env.NODE_OPTIONS = `--max-old-space-size=${HEAP_MIB}`;
    const rows: string[][] = [];
    let isMissed = false;
    for (const { hasMarks, name, runOffsets, runsPerHour } of archives) {
      const args = [partitions, runOffsets, hours, runsPerHour, Number(hasMarks)];
      const audits = await runChild<AuditFigures[]>('audit/child.ts', args);
      rows.push(...audits.map((each) => [name, ...rowOf(each)]));
      const [first, second, third] = audits as [AuditFigures, AuditFigures, AuditFigures];
      const inHour = partitions * runsPerHour;
      const isFound = third.lost === runOffsets - (hasMarks ? runOffsets / 100 : 0);
      const isRecent = second.keys <= 8 * inHour && second.keys < first.keys;
      if (!isFound || !isRecent || third.peakMiB > MOST_MIB) isMissed = true;
    }
    print(markdownTable(HEAD, rows));
    if (!isMissed) return;
    printError('An audit missed what was deleted, listed old folders, or needed more memory.');
    throw new NotDone();
  });

const HEAD = [
  ...[
    'Archive',
    'Audit',
    'Keys',
    'LIST requests',
    'Bodies',
    'CPU seconds',
    'Peak MiB',
    'Ledger MB',
  ],
  ...['Offsets', 'Holes', 'Lost'],
];

/** Batches, and how many of them a partition has in an hour. */
const archives = [
  { name: 'plain', runOffsets: 10_000, runsPerHour: 4, hasMarks: false },
  { name: 'marks', runOffsets: 10_000, runsPerHour: 4, hasMarks: true },
  { name: 'small batches', runOffsets: 1_000, runsPerHour: 40, hasMarks: false },
];

function rowOf(figures: AuditFigures): string[] {
  const { bodies, cpuSeconds, holes, keys, ledgerBytes, lost, name, offsets, pages, peakMiB } =
    figures;
  const count = (value: number) => value.toLocaleString('en-US');
  return [
    ...[name, count(keys), count(pages), count(bodies), cpuSeconds.toFixed(1), peakMiB.toFixed(0)],
    ...[(ledgerBytes / 1e6).toFixed(1), count(offsets), count(holes), count(lost)],
  ];
}

process.exitCode = await run(command, process.argv.slice(2), { print, printError });
