import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { createCommand, NotDone } from '../../../cli/command.ts';
import { readConnection, withConnection } from '../../../cli/connection-options.ts';
import { httpUrl, list, named, wholeNumber } from '../../../cli/options.ts';
import { UsageError } from '../../../cli/usage-error.ts';
import { compressions, settingRanges, timeFolders } from '../../../lambda/contract.ts';
import { isTime } from '../../../lambda/core/failed-batch/replay-command.ts';
import { outOfRangePolicies, type StartingPosition } from '../kafka/topic-options.ts';
import { mappingSettings } from '../mapping/settings.ts';
import { readObjectOptions, withObjects } from '../object-options.ts';
import { HASHED_FOLDER } from '../s3-server/key-place.ts';
import type { EmulateOptions } from './options.ts';

/** What the command needs from its process. */
export interface EmulateCommandDeps {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Runs the emulator. @returns false if it had to give up */
  readonly runEmulate: (options: EmulateOptions) => Promise<boolean>;
}

/** `npm run emulate`. */
export function emulateCommand({ environment, runEmulate }: EmulateCommandDeps) {
  const command = createCommand(
    'npm run emulate --',
    'Archives topics of a Kafka cluster until it is stopped, as the deployed stack would: emulated event source mappings poll as consumer groups and invoke the function as it would be deployed.',
  )
    .addOption(
      list(
        '--topics <list>',
        'topics, separated by commas; each has its event source mapping',
      ).makeOptionMandatory(),
    )
    .addOption(
      named(
        '--group <name>',
        'consumer group; {topic} stands for the topic, and is required for several topics',
      ).default('msk-s3-archiver-{topic}'),
    )
    .addOption(
      new Option(
        '--starting-position <position>',
        'where a group without committed offsets begins: earliest, latest or an ISO 8601 time (default: earliest)',
      ).argParser(parsePosition),
    )
    .addOption(
      new Option('--out-of-range <policy>', 'where to continue if the next offset was deleted')
        .choices(outOfRangePolicies)
        .default('earliest' as const),
    )
    .addOption(
      wholeNumber(
        '--session-timeout <seconds>',
        'time without a heartbeat until a poller is considered dead',
        { min: 1, max: 1800, default: 45 },
      ),
    )
    .addOption(wholeNumber('--batch-size <n>', 'records per batch', settingRanges.batchSize))
    .addOption(
      wholeNumber('--batch-window <seconds>', 'how long a batch may wait to fill', {
        ...settingRanges.batchWindow,
        default: 1,
      }),
    )
    .addOption(wholeNumber('--pollers <n>', 'pollers per topic', { min: 1, max: 100, default: 1 }))
    .addOption(
      new Option('--compression <name>', 'compression of the objects')
        .choices(compressions)
        .default('gzip' as const),
    )
    .addOption(
      new Option('--time-folder <name>', 'folders of the objects by time')
        .choices(timeFolders)
        .default('hour' as const),
    )
    .addOption(
      new Option('--prefix <path>', 'prefix of all keys: empty, or ending with /')
        .argParser(parsePrefix)
        .default(''),
    )
    .addOption(
      named('--out <folder>', "folder of the function's log and the buckets' files").default(
        'emulate-out',
      ),
    )
    .addOption(
      httpUrl(
        '--s3-endpoint <url>',
        'store the objects in this S3 server, with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
      ),
    )
    .addOption(named('--bucket <name>', 'bucket of the archive').default('archive'))
    .addOption(
      named(
        '--failed-bucket <name>',
        'bucket that keeps failed batches, from which they are replayed; without it, a failing batch is retried without limit',
      ),
    )
    .addHelpText(
      'after',
      `
Without --s3-endpoint, objects are files at their keys in --out. Names over 255 bytes, as a batch with
many partitions has them, cannot be files: those objects are in ${HASHED_FOLDER}/ in the bucket's
folder, named by the SHA-256 of the key. --object-of partition keeps names short.
Ctrl-C finishes and commits running invocations, and leaves the groups; a second Ctrl-C abandons
them. Failed batches that were not replayed are replayed after the next start.
Exit code: 0 if stopped, 1 if it cannot continue, 2 if the command line is wrong.`,
    );
  return withConnection(withObjects(command)).action(async (values) => {
    const connection = readConnection(values, environment);
    if (connection === undefined) {
      throw new UsageError(
        '--brokers or the environment variable KAFKA_BOOTSTRAP_SERVERS is required',
      );
    }
    const { batchSize, batchWindow, bucket, failedBucket, group, pollers, topics } = values;
    if (topics.length > 1 && !group.includes('{topic}')) {
      throw new UsageError('--group must contain {topic} for several topics');
    }
    // Otherwise archived objects would be replayed as failed batches.
    if (failedBucket === bucket) throw new UsageError('--failed-bucket must differ from --bucket');
    const isDone = await runEmulate({
      ...{ connection, topics, bucket, failedBucket },
      groupOf: (topic) => group.replaceAll('{topic}', topic),
      startingPosition: values.startingPosition ?? 'earliest',
      isPositionGiven: values.startingPosition !== undefined,
      outOfRange: values.outOfRange,
      sessionTimeoutMs: values.sessionTimeout * 1000,
      mapping: mappingSettings({ batchSize, batchWindow, pollers }),
      compression: values.compression,
      timeFolder: values.timeFolder,
      ...readObjectOptions(values),
      objectPrefix: values.prefix,
      out: values.out,
      s3Endpoint: values.s3Endpoint,
    });
    if (!isDone) throw new NotDone();
  });
}

function parsePosition(given: string): StartingPosition {
  if (given === 'earliest' || given === 'latest') return given;
  if (isTime(given)) return { timestamp: Date.parse(given) };
  throw new InvalidArgumentError('It must be earliest, latest or an ISO 8601 time.');
}

function parsePrefix(given: string): string {
  if (given === '' || given.endsWith('/')) return given;
  throw new InvalidArgumentError('It must be empty or end with /.');
}
