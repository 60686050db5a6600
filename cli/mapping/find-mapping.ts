import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { CallOptions } from '../../lambda/core/ports.ts';
import type { StackArchive } from '../stack-outputs.ts';
import { failed } from './errors.ts';
import type { Mapping, Mappings } from './mappings.ts';
import { readStackMappings } from './stack-mappings.ts';

/** How the command line names an event source mapping; `none` for a group that another program reads with. */
export type GivenMapping = NamedMapping | { readonly by: 'none'; readonly group: string };

/** A mapping named by its UUID, its function or its stack. */
export type NamedMapping =
  | { readonly by: 'uuid' | 'function'; readonly name: string }
  | ({ readonly by: 'stack' } & StackArchive);

/** The clients that find a mapping, and the limits of a call. */
export interface MappingAccess {
  readonly mappings: Mappings;
  readonly cloudFormation: CloudFormationClient;
  readonly calls: CallOptions;
}

/**
 * Finds the event source mapping of a topic.
 *
 * @throws {ArchiverError} `LOAD_FAILED` if there is no mapping or more than one; `STORE_ABORTED`
 */
export async function findMapping(
  topic: string,
  given: NamedMapping,
  access: MappingAccess,
): Promise<Mapping> {
  switch (given.by) {
    case 'uuid':
      return getMapping(topic, given.name, access);
    case 'function':
      return findByFunction(topic, given.name, access);
    case 'stack':
      return findByStack(topic, given, access);
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
  throw failed(`event source mapping ${uuid} reads the topic '${topics}', not '${topic}'`);
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
    `several event source mappings read the topic '${topic}': pass one of them as --mapping: ${uuids}`,
  );
}

async function findByStack(
  topic: string,
  { archive, stack }: StackArchive,
  access: MappingAccess,
): Promise<Mapping> {
  const stacks = { client: access.cloudFormation, ...access.calls };
  const { functionName, uuids } = await readStackMappings({ archive, stack }, stacks);
  const uuid = uuids.get(topic);
  if (uuid !== undefined) return getMapping(topic, uuid, access);
  // A stack of an older version, without outputs for its mappings.
  if (uuids.size === 0 && functionName !== undefined) {
    return findByFunction(topic, functionName, access);
  }
  const topics = [...uuids.keys()].map((each) => `'${each}'`).join(', ') || 'none';
  throw failed(`stack '${stack}' does not archive the topic '${topic}'; its topics: ${topics}`);
}
