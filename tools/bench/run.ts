import { flag, readFlags, text, wholeNumber } from '../../cli/flags.ts';
import { print, refuse } from '../../cli/terminal.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';
import { machine } from './common/machine.ts';
import { measureAgainstBound } from './hot-path/against-bound.ts';
import { measureMemory } from './hot-path/memory-table.ts';
import type { HotPathShape } from './hot-path/settings.ts';
import { measureStages } from './hot-path/stage-table.ts';

const HELP = `Measures the archive handler from an event's text to the compressed objects, for values of 200 B, 1 KB and
10 KB, in full events, each case in processes of its own with one thread for compression:

- against its bound: JSON.parse of the event, base64 decoding of its values and compression of the same
  lines, nothing else; both sides in turns. ratio = bound / handler, by the clock, and of the CPU of all
  threads. Cases without a goal get fewer pairs: half for other values, a sixth for other levels;
- its stages one by one, with their share of the sum, and the put to a local S3 server besides;
- the most memory of a process, beyond one that only parses the events.

Tables are Markdown. About three minutes on two cores.

Usage: npm run bench -- [options]

  --pairs N         pairs of runs for each case with a goal, 5 to 1000 (default 60)
  --partitions N    of each event, 1 to 1000 (default 3)

Cold starts: npm run bench:cold. Other programs: npm run bench:peers. Cost: npm run bench:cost.
Delivery through Firehose: npm run bench:stream. Replay: npm run bench:replay.
`;

const ranges = {
  pairs: { min: 5, max: 1000, default: 60 },
  partitions: { min: 1, max: 1000, default: 3 },
} as const;

async function run(shape: HotPathShape): Promise<void> {
  const { pairs, partitions } = shape;
  print(`${machine()}, ${pairs} pairs, partitions: ${partitions}\n\nHandler against bound\n`);
  const ratios = await measureAgainstBound(shape);
  print('\nStages, ms (middle half), share of the sum\n');
  await measureStages(shape);
  print('\nMost memory of a process\n');
  const extra = await measureMemory(partitions);
  print(`\nratio gzip6=${ratios.gzip6} zstd3=${ratios.zstd3} extraMiB=${extra.toFixed(0)}`);
}

try {
  const given = readFlags(process.argv.slice(2), { pairs: text, partitions: text, help: flag });
  if (given.help) print(HELP);
  else {
    const pairs = wholeNumber(ranges, 'pairs', given.pairs);
    await run({ pairs, partitions: wholeNumber(ranges, 'partitions', given.partitions) });
  }
} catch (error) {
  refuse(error, ArchiverError);
}
