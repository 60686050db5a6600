import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { StoreOptions } from '../../lambda/core/ports.ts';
import { failed } from './errors.ts';
import type { Mapping, Mappings } from './mappings.ts';
import type { GivenMapping } from './options.ts';
import { readStackMappings } from './stack-mappings.ts';

/** Where to look for a mapping. */
export interface MappingAccess {
  readonly mappings: Mappings;
  readonly cloudFormation: CloudFormationClient;
  readonly calls: StoreOptions;
}

/**
 * The event source mapping of a topic; undefined where there is to be none.
 *
 * @throws {ArchiverError} `LOAD_FAILED` where there is none, or more than one; `STORE_ABORTED`
 */
export async function findMapping(
  topic: string,
  given: GivenMapping,
  access: MappingAccess,
): Promise<Mapping | undefined> {
  switch (given.by) {
    case 'none':
      return undefined;
    case 'uuid':
      return getMapping(topic, given.name, access);
    case 'function':
      return findByFunction(topic, given.name, access);
    case 'stack':
      return findByStack(topic, given.name, access);
  }
}

async function getMapping(
  topic: string,
  uuid: string,
  { calls, mappings }: MappingAccess,
): Promise<Mapping> {
  const mapping = await mappings.get(uuid, calls);
  if (mapping.topics.includes(topic)) return mapping;
  const topics = mapping.topics.join("', '");
  throw failed(`event source mapping ${uuid} is not of the topic '${topic}', but of '${topics}'`);
}

async function findByFunction(
  topic: string,
  name: string,
  { calls, mappings }: MappingAccess,
): Promise<Mapping> {
  const all = await mappings.ofFunction(name, calls);
  const [first, ...others] = all.filter(({ topics }) => topics.includes(topic));
  if (first === undefined) {
    throw failed(`no event source mapping of the topic '${topic}' invokes the function '${name}'`);
  }
  if (others.length === 0) return first;
  const uuids = [first, ...others].map(({ uuid }) => uuid).join(', ');
  throw failed(
    `several event source mappings of the topic '${topic}': give one as --mapping, of ${uuids}`,
  );
}

async function findByStack(topic: string, stack: string, access: MappingAccess): Promise<Mapping> {
  const stacks = { client: access.cloudFormation, ...access.calls };
  const { functionName, uuids } = await readStackMappings(stack, stacks);
  const uuid = uuids.get(topic);
  if (uuid !== undefined) return getMapping(topic, uuid, access);
  // A stack of a version that had no outputs for its mappings yet.
  if (uuids.size === 0 && functionName !== undefined) {
    return findByFunction(topic, functionName, access);
  }
  const topics = [...uuids.keys()].map((each) => `'${each}'`).join(', ') || 'none';
  throw failed(`stack '${stack}' archives no topic '${topic}'; its topics: ${topics}`);
}
