/** https://docs.aws.amazon.com/glue/latest/webapi/API_TableInput.html */
const MAX_NAME = 255;

/**
 * Returns the name of each topic's view, by topic. A name is the topic in lower case, with `_` in place of every
 * character other than letters, digits and `_`. It begins with `topic_` if it would otherwise begin with a digit or
 * `_`, which Athena accepts in quotes only, or be `archive` or begin with `archive_`, which are names of the catalog.
 * Of topics with the same name, the later ones get the suffix `_2`, `_3` and so on, so a topic that is appended never
 * changes the name of another.
 *
 * @param topics without duplicates, in the order of the settings
 */
export function viewNames(topics: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const topic of topics) {
    const base = baseName(topic);
    let name = base;
    for (let number = 2; taken.has(name); number += 1) {
      const suffix = `_${number}`;
      name = `${base.slice(0, MAX_NAME - suffix.length)}${suffix}`;
    }
    taken.add(name);
    names.set(topic, name);
  }
  return names;
}

function baseName(topic: string): string {
  const name = topic.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_');
  return /^(?:[0-9_]|archive(?:_|$))/.test(name) ? `topic_${name}` : name;
}
