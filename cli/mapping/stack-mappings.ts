import { explain } from '../aws-calls.ts';
import { readStackOutputs, type StackAccess, type StackArchive } from '../stack-outputs.ts';

/** The event source mappings that the outputs of a stack name. */
export interface StackMappings {
  /** UUID of the mapping of each topic. */
  readonly uuids: ReadonlyMap<string, string>;
  /** Name of the archive function; undefined for a stack that is not an archive. */
  readonly functionName: string | undefined;
}

/**
 * Description that `lib/source/kafka-trigger.ts` gives to an output with a mapping's UUID. The output's name is no
 * help: it ends in a hash and lacks every character of the topic except letters and digits.
 */
const DESCRIPTION = /^Event source mapping of the topic (.*)$/;

/**
 * Reads the event source mappings from the outputs of a stack.
 *
 * @throws {ArchiverError} `LOAD_FAILED` if the stack does not exist; `STORE_ABORTED`
 */
export async function readStackMappings(
  archive: StackArchive,
  access: StackAccess,
): Promise<StackMappings> {
  const others = '--mapping, --function or --no-mapping';
  const outputs = await readStackOutputs(archive, access, others).catch((error: unknown) => {
    throw explain(error, access.signal.aborted);
  });
  const uuids = outputs.flatMap(({ Description = '', OutputValue = '' }) => {
    const [, topic] = DESCRIPTION.exec(Description) ?? [];
    return topic === undefined ? [] : [[topic, OutputValue] as const];
  });
  const named = outputs.find(({ OutputKey }) => OutputKey === 'ArchiveFunctionName');
  return { uuids: new Map(uuids), functionName: named?.OutputValue };
}
