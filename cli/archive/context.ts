import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { Command, OptionValues } from '@commander-js/extra-typings';
import type { ArchiveSource } from '../../lambda/core/object/archive-source.ts';
import { createS3Source } from '../../lambda/io/s3-archive-source.ts';
import { ATTEMPT_MS, explain } from '../aws-calls.ts';
import { type AwsAccess, awsOptions, configOf, createS3 } from '../aws-clients.ts';
import { formatCounted } from '../counts.ts';
import type { Machine } from '../machine.ts';
import { httpUrl, named, time } from '../options.ts';
import {
  archiveOption,
  DEFAULT_STACK,
  missingOutput,
  readStackOutputs,
  stackOption,
} from '../stack-outputs.ts';
import { UsageError } from '../usage-error.ts';
import { createFolderSource, findUnreadable } from './folder-source.ts';
import type { TimeRange } from './list-objects.ts';

/** Values of the flags that {@link withArchive} adds. */
export interface ArchiveValues extends AwsAccess {
  readonly stack?: string | undefined;
  readonly archive?: string | undefined;
  readonly bucket?: string | undefined;
  /** The object prefix. @default - all that the archive has */
  readonly prefix?: string | undefined;
  /** A folder of objects. */
  readonly local?: string | undefined;
  readonly s3Endpoint?: string | undefined;
}

const GROUP = "The archive (default: read from the stack's outputs):";

/** Adds the flags that say where the archived objects are. */
export function withArchive<
  Args extends unknown[],
  Opts extends OptionValues,
  Globals extends OptionValues,
>(command: Command<Args, Opts, Globals>) {
  return command
    .addOption(stackOption('of the archive').helpGroup(GROUP))
    .addOption(archiveOption().helpGroup(GROUP))
    .addOption(
      named('--bucket <name>', "archive bucket, in place of the stack's")
        .conflicts(['stack', 'archive'])
        .helpGroup(GROUP),
    )
    .addOption(
      named(
        '--prefix <prefix>',
        'the setting objectPrefix, if several archives share the bucket (default: all of them)',
      ).helpGroup(GROUP),
    )
    .addOption(
      named(
        '--local <folder>',
        "read a folder in place of a bucket: the --out folder of a demo or emulator, or a copy by 'aws s3 sync'",
      )
        .conflicts(['stack', 'archive', 'bucket', 's3Endpoint', 'region', 'profile'])
        .helpGroup(GROUP),
    )
    .addOption(awsOptions.region)
    .addOption(awsOptions.profile)
    .addOption(
      httpUrl(
        '--s3-endpoint <url>',
        'S3 server to use in place of AWS (on this machine it needs no credentials)',
      ),
    );
}

/** Adds the flags that limit the time folders. */
export function withTimes<
  Args extends unknown[],
  Opts extends OptionValues,
  Globals extends OptionValues,
>(command: Command<Args, Opts, Globals>, machine: Pick<Machine, 'now'>) {
  return command
    .addOption(
      time(
        '--from <time>',
        'from this time on: ISO 8601, such as 2026-11-24T09:00:00Z, or an age such as 2h',
        machine,
      ),
    )
    .addOption(time('--to <time>', 'before this time, as above', machine));
}

/**
 * Checks the flags of {@link withTimes}.
 *
 * @throws {UsageError} if the range is empty
 */
export function checkTimes({ from, to }: TimeRange): void {
  if (from !== undefined && to !== undefined && from >= to) {
    throw new UsageError('--from must be before --to');
  }
}

/** How to run a command with {@link runOnArchive}. */
export interface ArchiveRun {
  readonly machine: Machine;
  readonly values: ArchiveValues;
  /** Whether listings need the sizes of objects. @default false */
  readonly sizes?: boolean;
  /** The bucket to read, if no flag names one. @default archiveBucket */
  readonly from?: StackBucket;
}

/** A bucket of a stack. */
export interface StackBucket {
  /** Name of the stack output with its name. */
  readonly output: string;
  /** Name of the flag that replaces the output. */
  readonly flag: string;
}

const archiveBucket: StackBucket = { output: 'ArchiveBucketName', flag: 'bucket' };

/**
 * Runs a command on the archived objects, and closes the clients.
 *
 * @throws {ArchiverError} `LOAD_FAILED`, or `STORE_ABORTED` at Ctrl-C; and whatever the command throws
 */
export async function runOnArchive(
  { from = archiveBucket, machine, sizes = false, values }: ArchiveRun,
  act: (source: ArchiveSource) => Promise<void>,
): Promise<void> {
  const { environment, printError, progress, stop } = machine;
  const { archive, bucket, local, s3Endpoint, stack = DEFAULT_STACK } = values;
  if (local !== undefined) {
    for (const { folder, objects } of findUnreadable(local)) {
      const what = formatCounted(objects, 'object');
      const why = 'whose keys cannot be file names, most often because they are too long';
      const how = 'read the bucket from its S3 server with --bucket and --s3-endpoint';
      printError(`Not read: ${what} in '${folder}', ${why}; ${how}`);
    }
    try {
      return await act(createFolderSource(local, { signal: stop, sizes }));
    } finally {
      progress('');
    }
  }
  const calls = { signal: stop, attemptTimeout: ATTEMPT_MS };
  const s3 = createS3(values, environment, s3Endpoint);
  const client = new CloudFormationClient(configOf(values, environment, undefined));
  try {
    const name = bucket ?? (await bucketOf(from, { archive, stack }, { client, ...calls }));
    await act(createS3Source(s3, name, calls));
  } catch (error) {
    throw explain(error, stop.aborted);
  } finally {
    progress('');
    s3.destroy();
    client.destroy();
  }
}

async function bucketOf(
  { flag, output }: StackBucket,
  archive: { readonly archive: string | undefined; readonly stack: string },
  access: Parameters<typeof readStackOutputs>[1],
): Promise<string> {
  const outputs = await readStackOutputs(archive, access, `--${flag}`);
  const bucket = outputs.find(({ OutputKey }) => OutputKey === output)?.OutputValue;
  if (bucket !== undefined) return bucket;
  throw missingOutput(archive.stack, output, flag);
}
