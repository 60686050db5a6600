import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** What tells one archive of a stack from another one. */
export interface ArchiveNames {
  /** Stands in the names of alarms, dashboard, saved queries and consumer groups, and is the `service` of metrics and logs. */
  readonly name: string;
  /** Stands in front of logical ids that must not change; '' for the one archive of a stack. */
  readonly idPrefix: string;
}

const archives = new WeakMap<IConstruct, ArchiveNames>();

/**
 * Names an archive, for {@link archiveName} and {@link contractId} of everything below it: by the given name,
 * or by the stack and the ids between the two, of which `Default` is none, as in logical ids.
 *
 * @throws Error where another archive of the stack has that name
 */
export function nameArchive(archive: IConstruct, given: string | undefined): ArchiveNames {
  const { scopes } = archive.node;
  const stack = Stack.of(archive);
  const ids = scopes
    .slice(scopes.indexOf(stack) + 1)
    .map(({ node }) => node.id)
    .filter((id) => id !== 'Default');
  const words = ids.map((id) => id.replaceAll(/[^A-Za-z0-9-]/g, '-'));
  const names = {
    name: given ?? [stack.stackName, ...words].join('-'),
    idPrefix: words.join('').replaceAll('-', ''),
  };
  if (stack.node.findAll().some((other) => archives.get(other)?.name === names.name)) {
    const problem = 'name must not be that of another archive of the stack';
    throw new Error(`${archive.node.path}: ${problem}, got '${names.name}'`);
  }
  archives.set(archive, names);
  return names;
}

/** The name of the archive that a construct belongs to; that of the stack where it belongs to none. */
export function archiveName(construct: IConstruct): string {
  return namesOf(construct)?.name ?? Stack.of(construct).stackName;
}

/** A logical id that is part of the contract, as it is in the archive that a construct belongs to. */
export function contractId(construct: IConstruct, id: string): string {
  return `${namesOf(construct)?.idPrefix ?? ''}${id}`;
}

/** Maximum length of {@link operatorFlags}, which must fit into the 4 KB of a function's environment. */
export const MAX_OPERATOR_FLAGS = 180;

/**
 * The flags by which the command line finds the archive that a construct belongs to; undefined if `--stack` with the
 * name of the archive does. Names that are too long leave `--archive` out: the command line then lists the archives.
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
