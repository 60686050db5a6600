import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { createCommand, NotDone } from '../../../cli/command.ts';
import { readConnection, withConnection } from '../../../cli/connection-options.ts';
import { duration, list, named, wholeNumber } from '../../../cli/options.ts';
import { UsageError } from '../../../cli/usage-error.ts';
import {
  bufferRanges,
  type Compression,
  compressions,
  deliveries,
  settingRanges,
  timeFolders,
} from '../../../lambda/contract.ts';
import { readObjectOptions, withObjects } from '../object-options.ts';
import { HASHED_FOLDER } from '../s3-server/key-place.ts';
import { STANDARD_INPUT } from './input.ts';
import type { DemoOptions, DemoStreamOptions } from './options.ts';

/** Batch size of a run with failures: dozens of batches for the earthquakes. */
const FAILING_BATCH_SIZE = 50;
/** Less than the 60 s that Firehose needs at least for folders. */
const BUFFER_SECONDS = 3;
const OUTAGE_SECONDS = { min: 1, max: 600 } as const;

/** What the command needs from its process. */
export interface DemoCommandDeps {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Runs the demo. @returns whether it kept its guarantee */
  readonly runDemo: (options: DemoOptions) => Promise<boolean>;
}

/** `npm run demo`. */
export function demoCommand({ environment, runDemo }: DemoCommandDeps) {
  const command = createCommand(
    'npm run demo --',
    'Archives a topic on this machine: an emulated event source mapping invokes the function as it would be deployed, the function stores its objects in a local S3 server, and then every record is read back.',
  )
    .addOption(
      named(
        '--input <file>',
        'records from a file, one per line, also compressed with gzip; - is standard input (default: 1,707 earthquakes)',
      ),
    )
    .addOption(
      named('--key <field>', "field of each line's JSON that is the key; a.b for nested fields"),
    )
    .addOption(
      named('--timestamp <field>', 'field that is the time: epoch milliseconds or ISO 8601'),
    )
    .addOption(
      wholeNumber('--records <n>', 'generate order events of 1 KB instead', {
        min: 1,
        max: 1_000_000_000,
      }),
    )
    .addOption(
      wholeNumber('--partitions <n>', 'partitions of the topic', { min: 1, max: 1000, default: 3 }),
    )
    .addOption(
      wholeNumber(
        '--batch-size <n>',
        `records per batch (default: ${settingRanges.batchSize.default}, or ${FAILING_BATCH_SIZE} with failures)`,
        { min: settingRanges.batchSize.min, max: settingRanges.batchSize.max },
      ),
    )
    .addOption(
      wholeNumber('--batch-window <seconds>', 'how long a batch may wait to fill', {
        ...settingRanges.batchWindow,
        default: 1,
      }),
    )
    .addOption(
      wholeNumber('--pollers <n>', 'pollers that share the partitions', {
        min: 1,
        max: 100,
        default: 1,
      }),
    )
    .option(
      '--kafka',
      'use a real broker: that of --brokers, or else one that is started for the run, which needs Java',
    )
    .addOption(
      list(
        '--topics <list>',
        "topics, separated by commas: existing ones are archived up to their end, others are created and filled (default: the demo's own)",
      ),
    )
    .addOption(
      new Option(
        '--fail-rate <rate>',
        'share of the batches, 0 to 1, that fail in every attempt, are kept as failed batches and replayed',
      ).argParser(parseShare),
    )
    .addOption(
      duration(
        '--outage <time>',
        'after the first batch, the archive bucket (with --delivery firehose, the stream) refuses every put for this long, 1s to 10m',
      ),
    )
    .addOption(
      wholeNumber(
        '--dead-letters <n>',
        'with --fail-rate, the first failed batches that the replay may not read, so that they become dead letters; with --keep, it may after the verdict',
        { min: 1, max: 100 },
      ),
    )
    .option('--keep', 'keep the servers running after the verdict, until Ctrl-C')
    .addOption(
      new Option(
        '--delivery <name>',
        's3, or firehose for a local delivery stream: larger objects, at least once',
      )
        .choices(deliveries)
        .default('s3' as const),
    )
    .addOption(
      wholeNumber(
        '--buffer-mib <n>',
        `size, before compression, at which the stream stores an object (default: ${bufferRanges.bufferSizeMiB.default})`,
        { min: bufferRanges.bufferSizeMiB.min, max: bufferRanges.bufferSizeMiB.max },
      ),
    )
    .addOption(
      wholeNumber(
        '--buffer-seconds <n>',
        `time after which the stream stores an object (default: ${BUFFER_SECONDS}; Firehose itself needs 60 for folders)`,
        { min: bufferRanges.bufferSeconds.min, max: bufferRanges.bufferSeconds.max },
      ),
    )
    .addOption(
      new Option('--compression <name>', 'compression of the objects; a stream has no zstd')
        .choices(compressions)
        .default('gzip' as const),
    )
    .addOption(
      new Option('--time-folder <name>', 'folders of the objects by time')
        .choices(timeFolders)
        .default('day' as const),
    )
    .addOption(named('--out <folder>', "folder of the bucket's files").default('demo-out'))
    .option('--ric', "run the function on AWS's runtime client, aws-lambda-ric, if it is installed")
    .addHelpText(
      'after',
      `
The names of objects of a batch with many partitions are too long for files (over 255 bytes): they are
in ${HASHED_FOLDER}/ in the bucket's folder, named by the SHA-256 of the key. --object-of partition
keeps names short.
Exit code: 0 if every offset was stored exactly once (with a stream: at least once) and no failed
batch is left, 1 if not, 2 if the command line is wrong.`,
    );
  return withConnection(withObjects(command)).action(async (values) => {
    const { compression, failRate, input, key, keep = false, outage, records, timestamp } = values;
    if (records !== undefined && (input ?? key ?? timestamp) !== undefined) {
      throw new UsageError('--records excludes --input, --key and --timestamp');
    }
    if (input === undefined && (key ?? timestamp) !== undefined) {
      throw new UsageError('--key and --timestamp need --input');
    }
    if (input === STANDARD_INPUT && (values.topics?.length ?? 0) > 1) {
      throw new UsageError('--input - can fill a single topic');
    }
    const isFailing = failRate !== undefined || outage !== undefined;
    if (keep && !isFailing) throw new UsageError('--keep needs --fail-rate or --outage');
    const { deadLetters } = values;
    if (deadLetters !== undefined && failRate === undefined) {
      throw new UsageError('--dead-letters needs --fail-rate');
    }
    const { batchSize = isFailing ? FAILING_BATCH_SIZE : settingRanges.batchSize.default } = values;
    const isKafka = values.kafka === true || values.brokers !== undefined;
    // Without --kafka, brokers in the environment are none of the demo's business.
    const connection = readConnection(values, isKafka ? environment : {});
    if (!isKafka && values.topics !== undefined) {
      throw new UsageError('--topics needs --kafka or --brokers');
    }
    const isKept = await runDemo({
      ...{ input, key, timestamp, records, batchSize, compression, failRate, keep },
      ...{ partitions: values.partitions, batchWindow: values.batchWindow },
      ...{ pollers: values.pollers, timeFolder: values.timeFolder, out: values.out },
      ...readObjectOptions(values),
      deadLetters,
      outage: readOutage(outage),
      stream: values.delivery === 'firehose' ? readStream(values, compression) : noStream(values),
      ric: values.ric === true,
      kafka: isKafka ? { connection, topics: readTopics(values.topics) } : undefined,
    });
    if (!isKept) throw new NotDone();
  });
}

function parseShare(given: string): number {
  const value = Number(given);
  if (/^\d*\.?\d+$/.test(given) && value <= 1) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 1.');
}

/** Converts milliseconds to seconds. */
function readOutage(milliseconds: number | undefined): number | undefined {
  if (milliseconds === undefined) return undefined;
  const seconds = milliseconds / 1000;
  if (seconds >= OUTAGE_SECONDS.min && seconds <= OUTAGE_SECONDS.max) return seconds;
  throw new UsageError('--outage must be from 1s to 10m');
}

interface StreamValues {
  readonly bufferMib?: number | undefined;
  readonly bufferSeconds?: number | undefined;
}

function noStream({ bufferMib, bufferSeconds }: StreamValues): undefined {
  if ((bufferMib ?? bufferSeconds) === undefined) return undefined;
  throw new UsageError('--buffer-mib and --buffer-seconds need --delivery firehose');
}

function readStream(values: StreamValues, compression: Compression): DemoStreamOptions {
  if (compression === 'zstd') {
    throw new UsageError('--delivery firehose needs --compression gzip or none');
  }
  const { bufferMib = bufferRanges.bufferSizeMiB.default } = values;
  const { bufferSeconds = BUFFER_SECONDS } = values;
  return { bufferMiB: bufferMib, bufferSeconds };
}

function readTopics(topics: readonly string[] | undefined): readonly string[] | undefined {
  const wrong = topics?.find((name) => !isTopicName(name));
  if (wrong === undefined) return topics;
  throw new UsageError(
    `--topics must be names of letters, digits, '.', '_' and '-', got '${wrong}'`,
  );
}

function isTopicName(name: string): boolean {
  return /^[a-zA-Z0-9._-]{1,249}$/.test(name) && !/^\.{1,2}$/.test(name);
}
