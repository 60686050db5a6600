import { flag, readFlags, text, wholeNumber } from '../cli/flags.ts';
import { print, refuse } from '../cli/terminal.ts';
import { ArchiverError } from '../lambda/core/errors.ts';
import { machine } from './common/machine.ts';
import { measureAgainstBound } from './hot-path/against-bound.ts';
import { measureMemory } from './hot-path/memory-table.ts';
import { measureStages } from './hot-path/stage-table.ts';

const HELP = `Measures the archive handler from an event's text to the compressed objects, for values of 200 B, 1 KB and
10 KB, in full events, each case in processes of its own with one thread for compression:

- against its bound: JSON.parse of the event, base64 decoding of its values and compression of the same
  lines, nothing else; both sides in turns. ratio = bound / handler, by the clock, and of the CPU of all
  threads. Cases without a goal get fewer pairs: half for other values, a sixth for other levels;
- its stages one by one, with their share of the sum, and the put to a local S3 server besides;
- the most memory of a process, beyond one that only parses the events.

Tables are Markdown. About three minutes on two cores.

Usage: npm run bench -- [--pairs N]   pairs of runs for each case with a goal, 5 to 1000 (default 60)

Cold starts: npm run bench:cold. Other programs: npm run bench:peers. Cost: npm run bench:cost and
npm run bench:scale. Delivery through Firehose: npm run bench:stream. Replay: npm run bench:replay.
`;

const ranges = { pairs: { min: 5, max: 1000, default: 60 } } as const;

async function run(pairs: number): Promise<void> {
  print(`${machine()}, ${pairs} pairs\n\nHandler against bound\n`);
  const ratios = await measureAgainstBound(pairs);
  print('\nStages, ms (middle half), share of the sum\n');
  await measureStages(pairs);
  print('\nMost memory of a process\n');
  const extra = await measureMemory();
  print(`\nratio gzip6=${ratios.gzip6} zstd3=${ratios.zstd3} extraMiB=${extra.toFixed(0)}`);
}

try {
  const given = readFlags(process.argv.slice(2), { pairs: text, help: flag });
  if (given.help) print(HELP);
  else await run(wholeNumber(ranges, 'pairs', given.pairs));
} catch (error) {
  refuse(error, ArchiverError);
}
