import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** The names that distinguish an archive from the others in its stack. */
export interface ArchiveNames {
  /**
   * Names the dashboard, prefixes the names of alarms, saved queries and consumer groups, and is the `service`
   * of metrics and logs.
   */
  readonly name: string;
  /** The name unless another is given. It does not change while the stack and the construct keep their ids. */
  readonly defaultName: string;
  /** Prefixes the logical ids that must not change; '' for an archive with the id `Default`. */
  readonly idPrefix: string;
}

const archives = new WeakMap<IConstruct, ArchiveNames>();

/**
 * Names an archive, so that {@link archiveName} and {@link contractId} work for every construct below it. The
 * default name joins the stack's name and the construct ids from the stack down to the archive; `Default` is
 * left out, as in logical ids.
 *
 * @throws Error if another archive in the stack has the same name
 */
export function nameArchive(archive: IConstruct, given: string | undefined): ArchiveNames {
  const { scopes } = archive.node;
  const stack = Stack.of(archive);
  const ids = scopes
    .slice(scopes.indexOf(stack) + 1)
    .map(({ node }) => node.id)
    .filter((id) => id !== 'Default');
  const words = ids.map((id) => id.replaceAll(/[^A-Za-z0-9-]/g, '-'));
  const defaultName = [stack.stackName, ...words].join('-');
  const names = {
    name: given ?? defaultName,
    defaultName,
    idPrefix: words.join('').replaceAll('-', ''),
  };
  if (stack.node.findAll().some((other) => archives.get(other)?.name === names.name)) {
    const problem = 'name must be unique among the archives of the stack';
    throw new Error(`${archive.node.path}: ${problem}, got '${names.name}'`);
  }
  archives.set(archive, names);
  return names;
}

/** The name of the archive that contains a construct, or the stack's name if no archive does. */
export function archiveName(construct: IConstruct): string {
  return namesOf(construct)?.name ?? Stack.of(construct).stackName;
}

/** A logical id of the contract, with the prefix of the archive that contains a construct. */
export function contractId(construct: IConstruct, id: string): string {
  return `${namesOf(construct)?.idPrefix ?? ''}${id}`;
}

/** The maximum length of {@link operatorFlags}, which must fit into a function's environment of 4 KB. */
export const MAX_OPERATOR_FLAGS = 156;

/**
 * The flags with which the command line finds the archive that contains a construct; undefined if `--stack`
 * with the archive's name is enough. Flags that would be too long omit `--archive`; the command line then lists
 * the stack's archives.
 */
export function operatorFlags(construct: IConstruct): string | undefined {
  const { stackName } = Stack.of(construct);
  const { idPrefix = '', name = stackName } = namesOf(construct) ?? {};
  const flags = `--stack ${stackName}`;
  if (idPrefix === '') return name === stackName ? undefined : flags;
  const all = `${flags} --archive ${idPrefix}`;
  return all.length > MAX_OPERATOR_FLAGS ? flags : all;
}

function namesOf(construct: IConstruct): ArchiveNames | undefined {
  return construct.node.scopes
    .map((scope) => archives.get(scope))
    .findLast((names) => names !== undefined);
}
