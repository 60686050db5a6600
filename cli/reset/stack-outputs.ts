import { type CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import type { StoreOptions } from '../../lambda/core/ports.ts';
import { askAws, failed } from './errors.ts';

/** What a stack says of its event source mappings. */
export interface StackMappings {
  /** UUID of each topic's. */
  readonly uuids: ReadonlyMap<string, string>;
  /** Absent in a stack that is none of ours. */
  readonly functionName: string | undefined;
}

/**
 * What `lib/kafka-trigger.ts` says of an output that is a mapping's UUID: its name ends in a hash, and has
 * lost what is neither letter nor digit of the topic's.
 */
const DESCRIPTION = /^Event source mapping of the topic (.*)$/;

/**
 * Reads what a stack says of its event source mappings.
 *
 * @throws {ArchiverError} `LOAD_FAILED` where there is no such stack; `STORE_ABORTED`
 */
export async function readStackMappings(
  stack: string,
  client: CloudFormationClient,
  options: StoreOptions,
): Promise<StackMappings> {
  const command = new DescribeStacksCommand({ StackName: stack });
  const action = `outputs of the stack '${stack}'`;
  const { Stacks = [] } = await askAws(action, options, async (sent) => {
    try {
      return await client.send(command, sent);
    } catch (error) {
      if (!isMissing(error)) throw error;
      return { Stacks: [] };
    }
  });
  const [found] = Stacks;
  if (found === undefined) {
    const region = await client.config.region();
    const how = 'give another --stack or --region, or --mapping, --function or --no-mapping';
    throw failed(`no stack '${stack}' in ${region}: ${how}`);
  }
  const outputs = found.Outputs ?? [];
  const uuids = outputs.flatMap(({ Description = '', OutputValue = '' }) => {
    const [, topic] = DESCRIPTION.exec(Description) ?? [];
    return topic === undefined ? [] : [[topic, OutputValue] as const];
  });
  const named = outputs.find(({ OutputKey }) => OutputKey === 'ArchiveFunctionName');
  return { uuids: new Map(uuids), functionName: named?.OutputValue };
}

/** CloudFormation has no error of its own for a stack that is not there. */
function isMissing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'ValidationError' && error.message.includes('does not exist');
}
