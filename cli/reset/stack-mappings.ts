import { explain } from '../aws-calls.ts';
import { readStackOutputs, type StackAccess } from '../stack-outputs.ts';

/** What a stack says of its event source mappings. */
export interface StackMappings {
  /** UUID of each topic's. */
  readonly uuids: ReadonlyMap<string, string>;
  /** Absent in a stack that is none of ours. */
  readonly functionName: string | undefined;
}

/**
 * What `lib/source/kafka-trigger.ts` says of an output that is a mapping's UUID: its name ends in a hash, and has
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
  access: StackAccess,
): Promise<StackMappings> {
  const others = '--mapping, --function or --no-mapping';
  const outputs = await readStackOutputs(stack, access, others).catch((error: unknown) => {
    throw explain(error, access.signal.aborted);
  });
  const uuids = outputs.flatMap(({ Description = '', OutputValue = '' }) => {
    const [, topic] = DESCRIPTION.exec(Description) ?? [];
    return topic === undefined ? [] : [[topic, OutputValue] as const];
  });
  const named = outputs.find(({ OutputKey }) => OutputKey === 'ArchiveFunctionName');
  return { uuids: new Map(uuids), functionName: named?.OutputValue };
}
