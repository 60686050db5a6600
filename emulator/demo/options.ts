import { parseArgs } from 'node:util';
import {
  type Compression,
  compressions,
  type SettingRange,
  settingRanges,
  type TimeFolder,
  timeFolders,
} from '../../lambda/contract.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';

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
  readonly out: string;
  /** Whether the function runs on AWS's own runtime client, which has to be installed for it. */
  readonly ric: boolean;
}

const ranges = {
  records: { min: 1, max: 1_000_000_000, default: 0 },
  partitions: { min: 1, max: 1000, default: 3 },
  'batch-size': settingRanges.batchSize,
  'batch-window': { ...settingRanges.batchWindow, default: 1 },
  pollers: { min: 1, max: 100, default: 1 },
} as const satisfies Record<string, SettingRange>;

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
  --batch-size N       records of a batch, 1 to 10000 (default 10000)
  --batch-window S     seconds a batch may wait to fill, 0 to 300 (default 1)
  --pollers N          pollers, each with its share of the partitions (default 1)

Objects
  --compression NAME   gzip, zstd or none (default gzip)
  --time-folder NAME   hour, day or none (default day)
  --out FOLDER         where the bucket's files go (default demo-out)

  --ric                run the function on aws-lambda-ric, if that is installed
  --help               this text

Exit code: 0 when every offset was stored exactly once, 1 when not, 2 for bad options or input.
`;

/**
 * Reads the demo's command line; `help` when that is what it asks for.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS`
 */
export function parseDemoOptions(args: readonly string[]): DemoOptions | 'help' {
  const values = parseFlags(args);
  if (values.help) return 'help';
  const { input, key, timestamp } = values;
  if (values.records !== undefined && (input ?? key ?? timestamp) !== undefined) {
    throw invalid('--records generates its own records: give it or --input, --key and --timestamp');
  }
  if (input === undefined && (key ?? timestamp) !== undefined) {
    throw invalid('--key and --timestamp are fields of an input: give --input too');
  }
  return {
    input,
    key,
    timestamp,
    records: values.records === undefined ? undefined : wholeNumber('records', values.records),
    partitions: wholeNumber('partitions', values.partitions),
    batchSize: wholeNumber('batch-size', values['batch-size']),
    batchWindow: wholeNumber('batch-window', values['batch-window']),
    pollers: wholeNumber('pollers', values.pollers),
    compression: oneOf('compression', values.compression, compressions),
    timeFolder: oneOf('time-folder', values['time-folder'], timeFolders),
    out: values.out,
    ric: values.ric,
  };
}

function parseFlags(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        input: text,
        key: text,
        timestamp: text,
        records: text,
        partitions: text,
        'batch-size': text,
        'batch-window': text,
        pollers: text,
        compression: { ...text, default: 'gzip' },
        'time-folder': { ...text, default: 'day' },
        out: { ...text, default: 'demo-out' },
        ric: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(name: keyof typeof ranges, text: string | undefined): number {
  const { min, max, default: preset } = ranges[name];
  if (text === undefined) return preset;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw invalid(`--${name} must be a whole number from ${min} to ${max}, got '${text}'`);
}

function oneOf<Value extends string>(name: string, text: string, values: readonly Value[]): Value {
  const value = values.find((candidate) => candidate === text);
  if (value !== undefined) return value;
  throw invalid(`--${name} must be one of ${values.join(', ')}, got '${text}'`);
}

function invalid(message: string): ArchiverError {
  return new ArchiverError('INVALID_SETTINGS', `${message}; see npm run demo -- --help`);
}
