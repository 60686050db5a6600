/** What the references of a template stand for, by logical id. */
export interface References {
  readonly physicalIds: ReadonlyMap<string, string>;
  readonly arns: ReadonlyMap<string, string>;
}

/**
 * A value of a template with its references resolved: names, ARNs, and what is joined of them.
 *
 * @throws {Error} for a reference to something else
 */
export function resolveReferences(value: unknown, references: References): unknown {
  if (Array.isArray(value)) return value.map((each) => resolveReferences(each, references));
  if (typeof value !== 'object' || value === null) return value;
  const entries: [string, unknown][] = Object.entries(value);
  const [[name, argument] = ['', undefined]] = entries;
  if (name === 'Ref') return known(references.physicalIds, argument);
  if (name === 'Fn::GetAtt') return attribute(argument, references);
  if (name === 'Fn::Join') return joined(argument, references);
  return Object.fromEntries(
    entries.map(([key, each]) => [key, resolveReferences(each, references)]),
  );
}

function attribute(argument: unknown, { arns }: References): string {
  const [id, name] = Array.isArray(argument) ? argument : [];
  if (name !== 'Arn') throw new Error(`cannot resolve the attribute '${name}'`);
  return known(arns, id);
}

function joined(argument: unknown, references: References): string {
  const [separator, parts]: unknown[] = Array.isArray(argument) ? argument : [];
  const resolved = resolveReferences(parts, references);
  if (typeof separator !== 'string' || !Array.isArray(resolved)) throw new Error('nothing to join');
  return resolved.join(separator);
}

function known(names: ReadonlyMap<string, string>, id: unknown): string {
  const name = names.get(String(id));
  if (name === undefined) throw new Error(`no resource '${id}'`);
  return name;
}
