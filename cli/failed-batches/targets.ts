import type { Command, OptionValues } from '@commander-js/extra-typings';
import { type AwsAccess, awsOptions } from '../aws-clients.ts';
import { httpUrl, named } from '../options.ts';
import {
  archiveOption,
  DEFAULT_STACK,
  missingOutput,
  readStackOutputs,
  type StackAccess,
  type StackArchive,
  stackOption,
} from '../stack-outputs.ts';
import { UsageError } from '../usage-error.ts';

/** What a command works on: the name of the failed-batch bucket and the URLs of the two queues. */
export type Target = 'bucket' | 'queue' | 'deadLetterQueue';

/** Values of the flags that {@link withTargets} adds. */
export interface TargetValues extends Partial<Readonly<Record<Target, string>>>, AwsAccess {
  readonly stack?: string | undefined;
  readonly archive?: string | undefined;
  /** Folder of a local run, which has all of the targets. */
  readonly local?: string | undefined;
  readonly s3Endpoint?: string | undefined;
  readonly sqsEndpoint?: string | undefined;
  /** Whether a program reads the answer. */
  readonly json?: boolean | undefined;
}

const TARGETS = "Targets (default: read from the stack's outputs):";

/** Adds the flags that say where failed batches and their queues are, and how to print the answer. */
export function withTargets<
  Args extends unknown[],
  Opts extends OptionValues,
  Globals extends OptionValues,
>(command: Command<Args, Opts, Globals>) {
  return command
    .option('--json', 'print one JSON document and nothing else, for programs')
    .addOption(stackOption('of the archive').helpGroup(TARGETS))
    .addOption(archiveOption().helpGroup(TARGETS))
    .addOption(
      named('--bucket <name>', "failed-batch bucket, in place of the stack's").helpGroup(TARGETS),
    )
    .addOption(
      httpUrl('--queue <url>', "URL of the replay queue, in place of the stack's").helpGroup(
        TARGETS,
      ),
    )
    .addOption(
      httpUrl(
        '--dead-letter-queue <url>',
        "URL of the dead-letter queue, in place of the stack's",
      ).helpGroup(TARGETS),
    )
    .addOption(awsOptions.region)
    .addOption(awsOptions.profile)
    .addOption(
      named(
        '--local <folder>',
        'all targets of a demo or emulator that is running on this machine, from its --out folder',
      )
        .conflicts([...Object.keys(outputOf), 'stack', 'archive', 's3Endpoint', 'sqsEndpoint'])
        .helpGroup(LOCAL),
    )
    .addOption(httpUrl('--s3-endpoint <url>', 'S3 server to use in place of AWS').helpGroup(LOCAL))
    .addOption(
      httpUrl('--sqs-endpoint <url>', 'SQS server to use in place of AWS').helpGroup(LOCAL),
    );
}

const LOCAL = 'Servers other than AWS (on this machine they need no credentials):';

/** Name of the flag for each target. */
const flagOf = {
  bucket: 'bucket',
  queue: 'queue',
  deadLetterQueue: 'dead-letter-queue',
} as const satisfies Record<Target, string>;

/** Name of the stack output with each target; `lib/kafka-archive.ts` creates them. */
const outputOf = {
  bucket: 'FailedBatchBucketName',
  queue: 'ReplayQueueUrl',
  deadLetterQueue: 'DeadLetterQueueUrl',
} as const satisfies Record<Target, string>;

/**
 * Checks that the targets come from one place: a stack, or flags for all of them.
 *
 * @throws {UsageError} if flags name some of the targets and no stack names the rest
 */
export function checkTargets(needed: readonly Target[], values: TargetValues): void {
  const isAnyGiven = values.bucket ?? values.queue ?? values.deadLetterQueue;
  // The default stack does not fill the gaps: its queue has no use for entries of another bucket.
  if (values.stack !== undefined || isAnyGiven === undefined) return;
  const missing = needed.filter((each) => values[each] === undefined);
  if (missing.length === 0) return;
  const flags = missing.map((each) => `--${flagOf[each]}`).join(' and ');
  throw new UsageError(`Also pass ${flags}, or use --stack instead`);
}

/**
 * Reads the targets from the flags, or else from the stack.
 *
 * @throws {ArchiverError} `LOAD_FAILED` if the stack does not exist or lacks an output; `STORE_ABORTED`
 */
export async function findTargets<Needed extends Target>(
  needed: readonly Needed[],
  values: TargetValues,
  access: StackAccess,
): Promise<Readonly<Record<Needed, string>>> {
  const { archive, stack = DEFAULT_STACK } = values;
  const isComplete = needed.every((name) => values[name] !== undefined);
  const outputs = isComplete
    ? new Map<string, string>()
    : await readOutputs({ archive, stack }, access);
  const find = (name: Needed) => {
    const value = values[name] ?? outputs.get(outputOf[name]);
    if (value !== undefined) return [name, value] as const;
    throw missingOutput(stack, outputOf[name], flagOf[name]);
  };
  return Object.fromEntries(needed.map(find)) as Record<Needed, string>;
}

async function readOutputs(
  archive: StackArchive,
  access: StackAccess,
): Promise<ReadonlyMap<string, string>> {
  const outputs = await readStackOutputs(archive, access, '--bucket and the queues');
  return new Map(outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
}
