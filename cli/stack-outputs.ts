import {
  type CloudFormationClient,
  DescribeStacksCommand,
  type Output,
} from '@aws-sdk/client-cloudformation';
import { ArchiverError } from '../lambda/core/errors.ts';
import type { StoreOptions } from '../lambda/core/ports.ts';
import { callAws } from '../lambda/io/aws-errors.ts';

/** Where to ask for a stack, and how long. */
export interface StackAccess extends StoreOptions {
  readonly client: CloudFormationClient;
}

/**
 * Reads the outputs of a stack.
 *
 * @param others flags that say what the outputs would, for the message where there is no such stack
 * @throws {ArchiverError} `LOAD_FAILED` or `STORE_ABORTED`
 */
export async function readStackOutputs(
  stack: string,
  { client, ...options }: StackAccess,
  others: string,
): Promise<readonly Output[]> {
  const command = new DescribeStacksCommand({ StackName: stack });
  const call = { code: 'LOAD_FAILED', action: `outputs of the stack '${stack}'` } as const;
  try {
    const { Stacks = [] } = await callAws(call, options, (sent) => client.send(command, sent));
    return Stacks[0]?.Outputs ?? [];
  } catch (error) {
    if (!isMissing(error)) throw error;
    const region = await client.config.region();
    const how = `give another --stack or --region, or ${others}`;
    throw new ArchiverError('LOAD_FAILED', `no stack '${stack}' in ${region}: ${how}`);
  }
}

/** CloudFormation has no error of its own for a stack that is not there. */
function isMissing(error: unknown): boolean {
  if (!(error instanceof ArchiverError) || !(error.cause instanceof Error)) return false;
  const { message, name } = error.cause;
  return name === 'ValidationError' && message.includes('does not exist');
}
