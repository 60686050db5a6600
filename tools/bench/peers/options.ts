import { flag, invalid, list, oneOf, readFlags, text, wholeNumber } from '../../../cli/flags.ts';
import { type ValueSize, valueBytes } from './orders.ts';
import { namedPeers, type PeerName, peerNames } from './peer.ts';

/** What a run of the bench was asked for. */
export interface PeersOptions {
  /** Rounds, in each of which every peer runs once: over each topic, and under the steady load. */
  readonly runs: number;
  /** Sizes of values, a topic each, and the megabytes of values in it. */
  readonly topics: readonly { readonly size: ValueSize; readonly megabytes: number }[];
  readonly peers: readonly PeerName[];
  /** Records a second of the steady load. */
  readonly rate: number;
  /** Seconds of it that are measured; 0 for no such run. */
  readonly rateSeconds: number;
  /** File for all that was measured. @default - none */
  readonly json: string | undefined;
}

const sizes = Object.keys(valueBytes) as ValueSize[];

const ranges = {
  runs: { min: 1, max: 100, default: 3 },
  rate: { min: 100, max: 50_000, default: 5000 },
  'rate-seconds': { min: 5, max: 3600, default: 60 },
} as const;

/** Of values, in all: as many as make a run long beside its start. */
const megabytes = {
  '1kb': { min: 1, max: 100_000, default: 500 },
  '100b': { min: 1, max: 100_000, default: 50 },
} as const;

/** What is skipped, and what then means nothing. */
const useless = [
  ['skip-delay', 'rate'],
  ['skip-delay', 'rate-seconds'],
  ['skip-topics', 'values'],
  ['skip-topics', 'megabytes'],
] as const;

const defaultPeers = peerNames.filter((name) => !namedPeers.some((named) => named === name));

/** What `--help` prints. */
export const peersHelp = `Archives the same topic from the same broker into the same S3 server by this archiver and by others, one
after the other, reads every record back, and prints a Markdown table: throughput, CPU, memory,
objects, requests, records lost and doubled, and the delay under a steady load.

Usage: npm run bench:peers -- [options]

  --runs N           rounds, in each of which every peer runs once: over each topic, and under the
                     steady load (default 3)
  --values LIST      sizes of values: 1kb, 100b, with a comma between (default both)
  --megabytes N      of values in each topic (default 500 for 1kb, 50 for 100b)
  --peers LIST       of ${defaultPeers.join(', ')}, with commas between (default
                     all of them), archiver-zstd (with zstd 3 in place of gzip 6), old-service-parsing
                     (which reads the JSON of each value and writes it again)
  --rate N           records of 1 KB a second under the steady load, 100 to 50000 (default 5000)
  --rate-seconds N   seconds of it that are measured, 5 to 3600 (default 60)
  --skip-delay       no steady load
  --skip-topics      nothing but the steady load
  --json FILE        writes all that was measured to a file, too
  --help             this text

Needs Linux, Java 17 or later, Python 3 with venv, Go, Maven, and the S3 server that
tools/local/real-servers/install-s3.sh installs. Peers are installed the first time; one that cannot be had is named
with the error, and the others are run. Half an hour to 40 minutes on two cores with nothing else to
do, half of it for the steady load; a gigabyte of disk for each of topic and archive.

Exit code: 0 when every peer stored every record, 1 when one did not, failed or could not be had, 2
for bad options, 130 when stopped.
`;

/**
 * Reads the command line; `help` when that is what it asks for.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS`
 */
export function parsePeersOptions(args: readonly string[]): PeersOptions | 'help' {
  const values = readFlags(args, {
    ...{ runs: text, values: text, megabytes: text, rate: text, 'rate-seconds': text, json: text },
    peers: { ...text, default: defaultPeers.join(',') },
    'skip-delay': flag,
    'skip-topics': flag,
    help: flag,
  });
  if (values.help) return 'help';
  if (values['skip-delay'] && values['skip-topics'])
    throw invalid('--skip-delay and --skip-topics leave nothing to do');
  for (const [skip, name] of useless) {
    if (values[skip] && values[name] !== undefined)
      throw invalid(`--${name} means nothing with --${skip}`);
  }
  const topics = values['skip-topics']
    ? []
    : someOf('values', values.values ?? sizes.join(), sizes);
  return {
    runs: wholeNumber(ranges, 'runs', values.runs),
    topics: topics.map((size) => ({
      size,
      megabytes: wholeNumber({ megabytes: megabytes[size] }, 'megabytes', values.megabytes),
    })),
    peers: someOf('peers', values.peers, peerNames),
    rate: wholeNumber(ranges, 'rate', values.rate),
    rateSeconds: values['skip-delay']
      ? 0
      : wholeNumber(ranges, 'rate-seconds', values['rate-seconds']),
    json: values.json,
  };
}

function someOf<Value extends string>(
  name: string,
  given: string,
  values: readonly Value[],
): readonly Value[] {
  const chosen = list(given).map((each) => oneOf(name, each, values));
  if (chosen.length === 0) throw invalid(`--${name} needs one of ${values.join(', ')} at least`);
  return chosen;
}
