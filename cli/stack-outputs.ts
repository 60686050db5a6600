import {
  type CloudFormationClient,
  DescribeStacksCommand,
  type Output,
} from '@aws-sdk/client-cloudformation';
import { ArchiverError } from '../lambda/core/errors.ts';
import type { CallOptions } from '../lambda/core/ports.ts';
import { callAws } from '../lambda/io/aws-errors.ts';

/** The stack whose outputs are read where the command line names no other. */
export const DEFAULT_STACK = 'KafkaArchive';

/** The client that reads a stack, and the limits of a call. */
export interface StackAccess extends CallOptions {
  readonly client: CloudFormationClient;
}

/**
 * Reads the outputs of a stack.
 *
 * @param others flags that replace the outputs, for the message if the stack does not exist
 * @throws {ArchiverError} `LOAD_FAILED` or `STORE_ABORTED`
 */
export async function readStackOutputs(
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
