import { connectionFlags, connectionHelp, readConnection } from '../../../cli/connection-flags.ts';
import { flag, invalid, list, oneOf, readFlags, text, wholeNumber } from '../../../cli/flags.ts';
import type { KafkaConnection } from '../../../kafka/connection.ts';
import {
  type Compression,
  compressions,
  type SettingRange,
  settingRanges,
  type TimeFolder,
  timeFolders,
} from '../../../lambda/contract.ts';
import { type DemoStreamOptions, readStream, streamHelp } from './stream-options.ts';

/** What the demo was asked for. */
export interface DemoOptions {
  /** A file of JSON lines. @default - the earthquakes that come with the project */
  readonly input: string | undefined;
  /** Fields of the input's lines, dots between levels. @default - no key; the time of the run */
  readonly key: string | undefined;
  readonly timestamp: string | undefined;
  /** How many order events to generate in place of an input. */
  readonly records: number | undefined;
  readonly partitions: number;
  readonly batchSize: number;
  /** Seconds. */
  readonly batchWindow: number;
  readonly pollers: number;
  readonly compression: Compression;
  readonly timeFolder: TimeFolder;
  /** @default - the function stores objects itself */
  readonly stream: DemoStreamOptions | undefined;
  readonly out: string;
  /** Whether the function runs on AWS's own runtime client, which has to be installed for it. */
  readonly ric: boolean;
  /** @default - a topic in memory */
  readonly kafka: DemoKafka | undefined;
  /** Share of the batches, from 0 to 1, that fail however often they are tried. @default - none is made to */
  readonly failRate: number | undefined;
  /** Seconds for which the archive bucket refuses every put. @default - it never does */
  readonly outage: number | undefined;
  /** Whether the servers stay after the verdict, until the user has seen enough. */
  readonly keep: boolean;
}

/** Whether the run has failed batches, and a way back for them. */
export function hasFailures({ failRate, outage }: DemoOptions): boolean {
  return failRate !== undefined || outage !== undefined;
}

/** A run over a real broker. */
export interface DemoKafka {
  /** @default - a cluster of one broker, started for the run */
  readonly connection: KafkaConnection | undefined;
  /** Those that are there are archived as they are, the others created and filled. @default - the demo's own */
  readonly topics: readonly string[] | undefined;
}

const ranges = {
  records: { min: 1, max: 1_000_000_000, default: 0 },
  partitions: { min: 1, max: 1000, default: 3 },
  'batch-size': settingRanges.batchSize,
  'batch-window': { ...settingRanges.batchWindow, default: 1 },
  pollers: { min: 1, max: 100, default: 1 },
} as const satisfies Record<string, SettingRange>;

/** Records of a batch where batches are to fail: dozens of them for the earthquakes. */
const FAILING_BATCH_SIZE = 50;
const MAX_OUTAGE_SECONDS = 600;

/** What `--help` prints. */
export const demoHelp = `Archives a topic on this machine: an emulated event source mapping invokes the function
that would be deployed, which stores its objects in a local S3 server; then every record
is read back.

Usage: npm run demo -- [options]

Input (default: 1,707 earthquakes, each keyed by its id, with its own time)
  --input FILE         records from a file, one a line; blank lines are skipped
  --key FIELD          field of a line's JSON that is the record's key (a.b for nested ones);
                       a line without it has no key
  --timestamp FIELD    field that is its time: epoch milliseconds or ISO 8601
  --records N          generate N order events of 1 KB instead

Topic and mapping
  --partitions N       partitions of the topic, 1 to 1000 (default 3)
  --batch-size N       records of a batch, 1 to 10000 (default 10000; 50 with failures)
  --batch-window S     seconds a batch may wait to fill, 0 to 300 (default 1)
  --pollers N          pollers, each with its share of the partitions (default 1)

Kafka (default: a topic in memory, which needs none)
  --kafka              over a real broker, as with --brokers; where that has none, over one that
                       is started for the run, which needs Java
${connectionHelp}
  --topics LIST        topics, with commas between (default: the demo's own): one that is there is
                       archived as it is, up to its end; others are created and filled

Failures (default: none): what fails for good is kept as a failed batch, and replayed from there
  --fail-rate R        this share of the batches, 0 to 1, fails in the function however often it is tried
  --outage T           after the first batch, the archive bucket refuses every put for so long, such as
                       30s or 2m (1s to 10m); with --delivery firehose the stream does
  --keep               leave the servers running after the verdict, for 'npm run replay', until Ctrl-C

${streamHelp}

Objects
  --compression NAME   gzip, zstd or none (default gzip; a stream has no zstd)
  --time-folder NAME   hour, day or none (default day)
  --out FOLDER         where the bucket's files go (default demo-out)

  --ric                run the function on aws-lambda-ric, if that is installed
  --help               this text

Exit code: 0 when every offset was stored exactly once (through a stream: at least once) and no
failed batch is left, 1 when not, 2 for bad options or input.
`;

const flags = {
  input: text,
  key: text,
  timestamp: text,
  records: text,
  partitions: text,
  'batch-size': text,
  'batch-window': text,
  pollers: text,
  kafka: flag,
  ...connectionFlags,
  topics: text,
  delivery: { ...text, default: 's3' },
  'buffer-mib': text,
  'buffer-seconds': text,
  compression: { ...text, default: 'gzip' },
  'time-folder': { ...text, default: 'day' },
  out: { ...text, default: 'demo-out' },
  'fail-rate': text,
  outage: text,
  keep: flag,
  ric: flag,
  help: flag,
} as const;

/**
 * Reads the demo's command line; `help` when that is what it asks for.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS`
 */
export function parseDemoOptions(
  args: readonly string[],
  environment: Environment,
): DemoOptions | 'help' {
  const values = readFlags(args, flags);
  if (values.help) return 'help';
  const { input, key, timestamp } = values;
  if (values.records !== undefined && (input ?? key ?? timestamp) !== undefined) {
    throw invalid('--records generates its own records: give it or --input, --key and --timestamp');
  }
  if (input === undefined && (key ?? timestamp) !== undefined) {
    throw invalid('--key and --timestamp are fields of an input: give --input too');
  }
  const failures = readFailures(values);
  const compression = oneOf('compression', values.compression, compressions);
  return {
    input,
    key,
    timestamp,
    ...failures,
    records:
      values.records === undefined ? undefined : wholeNumber(ranges, 'records', values.records),
    partitions: wholeNumber(ranges, 'partitions', values.partitions),
    batchSize: wholeNumber(ranges, 'batch-size', values['batch-size'] ?? failures.batchSize),
    batchWindow: wholeNumber(ranges, 'batch-window', values['batch-window']),
    pollers: wholeNumber(ranges, 'pollers', values.pollers),
    compression,
    stream: readStream(values, compression),
    timeFolder: oneOf('time-folder', values['time-folder'], timeFolders),
    out: values.out,
    ric: values.ric,
    kafka: readKafka(values, environment),
  };
}

function readFailures(values: {
  readonly 'fail-rate'?: string;
  readonly outage?: string;
  readonly keep: boolean;
}) {
  const { 'fail-rate': rate, keep, outage } = values;
  const isFailing = rate !== undefined || outage !== undefined;
  if (keep && !isFailing) throw invalid('--keep needs --fail-rate or --outage');
  return {
    failRate: rate === undefined ? undefined : share('fail-rate', rate),
    outage: outage === undefined ? undefined : duration('outage', outage),
    keep,
    batchSize: isFailing ? String(FAILING_BATCH_SIZE) : undefined,
  };
}

function share(name: string, given: string): number {
  const value = Number(given);
  if (/^\d*\.?\d+$/.test(given) && value <= 1) return value;
  throw invalid(`--${name} must be a number from 0 to 1, got '${given}'`);
}

/** Seconds. */
function duration(name: string, given: string): number {
  const [, amount, unit] = /^(\d+)(s|m)$/.exec(given) ?? [];
  const seconds = Number(amount) * (unit === 'm' ? 60 : 1);
  if (seconds >= 1 && seconds <= MAX_OUTAGE_SECONDS) return seconds;
  throw invalid(`--${name} must be whole seconds or minutes from 1s to 10m, got '${given}'`);
}

type Environment = Readonly<Record<string, string | undefined>>;

type KafkaFlags = Pick<
  ReturnType<typeof readFlags<typeof flags>>,
  'kafka' | 'topics' | keyof typeof connectionFlags
>;

function readKafka(values: KafkaFlags, environment: Environment): DemoKafka | undefined {
  const isKafka = values.kafka || values.brokers !== undefined;
  // Without the flag, the environment's brokers are somebody else's business.
  const connection = readConnection(values, isKafka ? environment : {});
  if (!isKafka && values.topics !== undefined) throw invalid('--topics needs --kafka or --brokers');
  return isKafka ? { connection, topics: readTopics(values.topics) } : undefined;
}

function readTopics(given: string | undefined): readonly string[] | undefined {
  if (given === undefined) return undefined;
  const topics = list(given);
  const wrong = topics.find((name) => !isTopicName(name));
  if (topics.length > 0 && wrong === undefined) return topics;
  throw invalid(
    `--topics must be names of letters, digits, '.', '_' and '-', with commas between, got '${wrong ?? given}'`,
  );
}

function isTopicName(name: string): boolean {
  return /^[a-zA-Z0-9._-]{1,249}$/.test(name) && !/^\.{1,2}$/.test(name);
}
