import { ArchiverError } from '../../lambda/core/errors.ts';
import { readStackOutputs, type StackAccess } from '../stack-outputs.ts';

/** What a command works on: the failed-batch bucket's name, and the URLs of the two queues. */
export type Target = 'bucket' | 'queue' | 'deadLetterQueue';

/** What the command line says of them. */
export interface GivenTargets extends Readonly<Record<Target, string | undefined>> {
  /** Whose outputs say what is not given. @default - all that is needed is given */
  readonly stack: string | undefined;
}

/** What each command needs. */
export const neededTargets = {
  status: ['bucket', 'queue', 'deadLetterQueue'],
  redrive: ['queue', 'deadLetterQueue'],
  run: ['bucket', 'queue'],
  'run --dry-run': ['bucket'],
  show: ['bucket'],
  dismiss: ['bucket', 'deadLetterQueue'],
} as const satisfies Record<string, readonly Target[]>;

/** Name of the flag that gives each. */
export const flagOf = {
  bucket: 'bucket',
  queue: 'queue',
  deadLetterQueue: 'dead-letter-queue',
} as const satisfies Record<Target, string>;

/** The output of the stack that says each; `lib/archive-stack.ts` makes them. */
const outputOf = {
  bucket: 'FailedBatchBucketName',
  queue: 'ReplayQueueUrl',
  deadLetterQueue: 'DeadLetterQueueUrl',
} as const satisfies Record<Target, string>;

/**
 * What a command needs, as given on the command line, and else by the stack.
 *
 * @throws {ArchiverError} `LOAD_FAILED` where there is no such stack, or it does not say
 */
export async function findTargets<Needed extends Target>(
  needed: readonly Needed[],
  given: GivenTargets,
  access: StackAccess,
): Promise<Readonly<Record<Needed, string>>> {
  const { stack } = given;
  const isComplete = needed.every((name) => given[name] !== undefined);
  const outputs =
    isComplete || stack === undefined
      ? new Map<string, string>()
      : await readOutputs(stack, access);
  const find = (name: Needed) => {
    const value = given[name] ?? outputs.get(outputOf[name]);
    if (value !== undefined) return [name, value] as const;
    const how = `deploy this version of it, or give --${flagOf[name]}`;
    throw new ArchiverError('LOAD_FAILED', `stack '${stack}' has no ${outputOf[name]}: ${how}`);
  };
  return Object.fromEntries(needed.map(find)) as Record<Needed, string>;
}

async function readOutputs(
  stack: string,
  access: StackAccess,
): Promise<ReadonlyMap<string, string>> {
  const outputs = await readStackOutputs(stack, access, '--bucket and the queues');
  return new Map(outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
}
