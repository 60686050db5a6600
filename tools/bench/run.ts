import { createCommand, run } from '../../cli/command.ts';
import { wholeNumber } from '../../cli/options.ts';
import { print, printError } from '../../cli/terminal.ts';
import { dataOption } from './common/data-option.ts';
import { machine } from './common/sample.ts';
import { measureAgainstBound } from './hot-path/against-bound.ts';
import { measureAgainstCommit } from './hot-path/against-commit.ts';
import { measureMemory } from './hot-path/memory-table.ts';
import { measureStages } from './hot-path/stage-table.ts';

const command = createCommand(
  'npm run bench --',
  `Measures the archive handler from an event's text to the compressed objects, for values of 200 \
B, 1 KB and 10 KB in full events. Each case runs in its own process with one compression \
thread.

- Against its bound: JSON.parse of the event, base64 decoding of its values and compression of \
the same lines, nothing else, in turns with the handler. ratio = bound / handler, by the clock \
and by the CPU of all threads. Cases without a goal get fewer pairs: half for other values, a \
sixth for other levels.
- Stage by stage, with shares of the sum, and the PUT to a local S3 server.
- Peak memory of a process beyond that of one that only parses the events.

With --against, it measures something else: from an event's text to the last answered PUT, in turns with the sources \
of an earlier commit, in one process. CPU ratio = now / before.

Prints Markdown tables. Without --against, takes about three minutes on two cores.`,
)
  .addOption(
    wholeNumber('--pairs <n>', 'pairs of runs for each case with a goal', {
      ...{ min: 5, max: 1000, default: 60 },
    }),
  )
  .addOption(
    wholeNumber('--partitions <n>', 'partitions of each event', { min: 1, max: 1000, default: 3 }),
  )
  .addOption(dataOption())
  .option('--against <commit>', 'compare CPU and PUTs of a batch with those of a commit')
  .action(async ({ against, ...shape }) => {
    const { data, pairs, partitions } = shape;
    print(`${machine()}, ${data}, ${pairs} pairs, partitions: ${partitions}\n`);
    if (against !== undefined) return await measureAgainstCommit(against, shape);
    print('Handler against bound\n');
    const ratios = await measureAgainstBound(shape);
    print('\nStages, ms (quartiles), share of the sum\n');
    await measureStages(shape);
    print('\nPeak memory of a process\n');
    const extra = await measureMemory(shape);
    print(`\nratio gzip6=${ratios.gzip6} zstd3=${ratios.zstd3} extraMiB=${extra.toFixed(0)}`);
  });

process.exitCode = await run(command, process.argv.slice(2), { print, printError });
