import { writeFileSync } from 'node:fs';
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { createCommand, NotDone, run } from '../../cli/command.ts';
import { wholeNumber } from '../../cli/options.ts';
import { listenForStop } from '../../cli/stop-signals.ts';
import { print, printError, progressOn } from '../../cli/terminal.ts';
import { KafkaClusterError } from '../local/kafka-cluster/errors.ts';
import { type ValueSize, valueBytes } from './peers/orders.ts';
import { namedPeers, peerNames } from './peers/peer.ts';
import { renderReport } from './peers/report.ts';
import { runPeers } from './peers/run.ts';

const sizes = Object.keys(valueBytes) as ValueSize[];

/** Megabytes of values a topic: enough that a run is long compared with its start. */
const defaultMegabytes = { '1kb': 500, '100b': 50 } as const;

const defaultPeers = peerNames.filter((name) => !namedPeers.some((named) => named === name));

/** A flag that takes a comma-separated list of these values. */
function listOf<Usage extends string, Value extends string>(
  flags: Usage,
  description: string,
  values: readonly Value[],
) {
  return new Option(flags, description).argParser((given: string): readonly Value[] =>
    given.split(',').map((name) => {
      const value = values.find((each) => each === name.trim());
      if (value !== undefined) return value;
      throw new InvalidArgumentError(`It must be one or more of ${values.join(', ')}.`);
    }),
  );
}

const stop = listenForStop();
const progress = progressOn(process.stderr);

const command = createCommand(
  'npm run bench:peers --',
  `Archives the same topic from the same broker into the same S3 server with this archiver and \
with other programs, one after the other, reads every record back, and prints Markdown tables: \
throughput, CPU, memory, objects, requests, lost and duplicated records, and the delay under a \
steady load.`,
)
  .addOption(
    wholeNumber(
      '--runs <n>',
      'rounds, in each of which every peer runs once over each topic and once under the steady load',
      { min: 1, max: 100, default: 3 },
    ),
  )
  .addOption(
    listOf('--values <list>', `sizes of values, of ${sizes.join(', ')}`, sizes).default(
      sizes,
      sizes.join(),
    ),
  )
  .addOption(
    wholeNumber(
      '--megabytes <n>',
      `values in each topic, by default ${defaultMegabytes['1kb']} for 1kb and ${defaultMegabytes['100b']} for 100b`,
      { min: 1, max: 100_000 },
    ),
  )
  .addOption(
    listOf(
      '--peers <list>',
      `peers, of ${peerNames.join(', ')}; archiver-zstd uses zstd 3 instead of gzip 6, old-service-parsing parses and serialises the JSON of each value`,
      peerNames,
    ).default(defaultPeers, defaultPeers.join()),
  )
  .addOption(
    wholeNumber('--rate <n>', 'records of 1 KB a second under the steady load', {
      ...{ min: 100, max: 50_000, default: 5000 },
    }),
  )
  .addOption(
    wholeNumber('--rate-seconds <n>', 'measured seconds of the steady load', {
      ...{ min: 5, max: 3600, default: 60 },
    }),
  )
  .addOption(
    new Option('--skip-delay', 'run no steady load').conflicts([
      ...['rate', 'rateSeconds', 'skipTopics'],
    ]),
  )
  .addOption(
    new Option('--skip-topics', 'run the steady load only').conflicts(['values', 'megabytes']),
  )
  .option('--json <file>', 'also write all measurements to this file')
  .addHelpText(
    'after',
    `
Needs Linux, Java 17 or later, Maven, Go, Python 3 with venv, and the S3 server
that tools/local/real-servers/install-s3.sh installs. Peers are installed on
first use; one that cannot be installed is reported with the error, and the
others run. Takes 30 to 40 minutes on two idle cores, half of it for the steady
load, and a gigabyte of disk for each topic and archive.

Exit code: 0 if every peer stored every record, 1 if one did not, failed or
could not be installed, 2 if the command line is wrong, 130 if stopped.`,
  )
  .action(async ({ json, megabytes, rate, rateSeconds, skipDelay, skipTopics, ...options }) => {
    const topics = skipTopics ? [] : options.values;
    const { isComplete, report } = await runPeers(
      {
        ...{ runs: options.runs, peers: options.peers, rate },
        rateSeconds: skipDelay ? 0 : rateSeconds,
        topics: topics.map((size) => ({ size, megabytes: megabytes ?? defaultMegabytes[size] })),
      },
      { progress, now: Date.now, stop: stop.signal },
    );
    progress('');
    print(renderReport(report));
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, undefined, 2)}\n`);
    if (!isComplete) throw new NotDone();
  });

try {
  const output = { print, printError };
  const code = await run(command, process.argv.slice(2), output, [KafkaClusterError]);
  process.exitCode = stop.exitCode ?? code;
} catch (error) {
  progress('');
  if (stop.exitCode === undefined) throw error;
  process.exitCode = stop.exitCode;
}
