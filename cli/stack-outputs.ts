import {
  type CloudFormationClient,
  DescribeStacksCommand,
  type Output,
} from '@aws-sdk/client-cloudformation';
import { ArchiverError } from '../lambda/core/errors.ts';
import type { CallOptions } from '../lambda/core/ports.ts';
import { callAws } from '../lambda/io/aws-errors.ts';
import { named } from './options.ts';

/** The stack whose outputs are read where the command line names no other. */
export const DEFAULT_STACK = 'KafkaArchive';

/** The client that reads a stack, and the limits of a call. */
export interface StackAccess extends CallOptions {
  readonly client: CloudFormationClient;
}

/** A stack, and which of its archives. */
export interface StackArchive {
  readonly stack: string;
  /** Id of the `KafkaArchive` construct. @default - the only archive of the stack */
  readonly archive?: string | undefined;
}

/**
 * The flag that names the stack.
 *
 * @param whose what the stack is or has, such as `of the archive`
 */
export const stackOption = (whose: string) =>
  named('--stack <name>', `CloudFormation stack ${whose} (default: ${DEFAULT_STACK})`);

/** The flag that selects an archive of a stack. */
export const archiveOption = () =>
  named(
    '--archive <id>',
    "id of the KafkaArchive construct in the stack (default: the stack's only archive)",
  );

/** Outputs that every archive has; the id of its construct precedes them unless it is `Default`. */
const ARCHIVE_OUTPUT = /^(.*?)(?:ArchiveFunctionName|FailedBatchBucketName)$/;

/**
 * Reads the outputs of one archive of a stack, by the names that they have in a stack of a single archive.
 *
 * @param others flags that replace the outputs, for the message if the stack does not exist
 * @throws {ArchiverError} `LOAD_FAILED` if the stack or the archive does not exist, or if the stack has several
 * archives and none is named; `STORE_ABORTED`
 */
export async function readStackOutputs(
  { archive, stack }: StackArchive,
  access: StackAccess,
  others: string,
): Promise<readonly Output[]> {
  const outputs = await readOutputs(stack, access, others);
  const found = outputs.flatMap(({ OutputKey = '' }) => ARCHIVE_OUTPUT.exec(OutputKey)?.[1] ?? []);
  const archives = [...new Set(found)];
  const wanted = archive?.replaceAll(/[^A-Za-z0-9]/g, '');
  const [prefix = ''] = wanted === undefined ? archives : [wanted];
  const isAmbiguous = wanted === undefined && archives.length > 1;
  if (isAmbiguous || (wanted !== undefined && !archives.includes(wanted))) {
    const problem = isAmbiguous
      ? `stack '${stack}' has several archives: pass --archive with one of`
      : `stack '${stack}' has no archive '${archive}'; its archives:`;
    throw new ArchiverError(
      'LOAD_FAILED',
      `${problem} ${archives.filter(Boolean).sort().join(', ') || 'none'}`,
    );
  }
  const ownerOf = (key: string) =>
    archives.filter((each) => key.startsWith(each)).sort((a, b) => b.length - a.length)[0];
  return outputs
    .filter(({ OutputKey = '' }) => (ownerOf(OutputKey) ?? prefix) === prefix)
    .map((output) => ({ ...output, OutputKey: output.OutputKey?.slice(prefix.length) }));
}

async function readOutputs(
  stack: string,
  { client, ...options }: StackAccess,
  others: string,
): Promise<readonly Output[]> {
  const command = new DescribeStacksCommand({ StackName: stack });
  const call = {
    code: 'LOAD_FAILED',
    action: `reading the outputs of the stack '${stack}'`,
  } as const;
  try {
    const { Stacks = [] } = await callAws(call, options, (sent) => client.send(command, sent));
    return Stacks[0]?.Outputs ?? [];
  } catch (error) {
    if (!isMissing(error)) throw error;
    const region = await client.config.region();
    const how = `pass another --stack or --region, or ${others}`;
    throw new ArchiverError('LOAD_FAILED', `stack '${stack}' does not exist in ${region}: ${how}`);
  }
}

/** CloudFormation has no error code of its own for a stack that does not exist. */
function isMissing(error: unknown): boolean {
  if (!(error instanceof ArchiverError) || !(error.cause instanceof Error)) return false;
  const { message, name } = error.cause;
  return name === 'ValidationError' && message.includes('does not exist');
}

/**
 * The error if a stack lacks an output that the command needs.
 *
 * @param flag name of the flag that replaces the output
 */
export function missingOutput(stack: string, output: string, flag: string): ArchiverError {
  const how = `deploy this version of it, or pass --${flag}`;
  return new ArchiverError('LOAD_FAILED', `stack '${stack}' has no output ${output}: ${how}`);
}
