/**
 * Which context keys are settings. The CDK keeps its own keys in the same context, so a misspelt
 * setting would otherwise pass for one of those and be ignored.
 *
 * @module
 */

/** The most edits at which a name still counts as a misspelling of another. */
const MAX_EDITS = 2;

/** Settings that no longer exist, with what replaces them. */
const removed: Readonly<Record<string, string>> = {
  createCluster: 'deploy examples/trial-cluster to try the archiver with a cluster of its own',
};

/** Returns a line for each context key that is neither a setting nor a key of the CDK. */
export function unknownSettings(
  context: Readonly<Record<string, unknown>>,
  known: readonly string[],
): string[] {
  return Object.keys(context).flatMap((key) => {
    // Most keys of the CDK contain one of these.
    if (known.includes(key) || /[:@/]/.test(key)) return [];
    const nearest = nearestName(key, known);
    // A key with a hyphen or a dot can belong to the CDK or another tool, unless it is close to a setting.
    if (nearest === undefined && !/^\w+$/.test(key)) return [];
    const advice = Object.hasOwn(removed, key)
      ? removed[key]
      : nearest === undefined
        ? `must be one of ${known.join(', ')}`
        : `did you mean '${nearest}'`;
    return [`'${key}' is not a setting: ${advice}`];
  });
}

function nearestName(key: string, known: readonly string[]): string | undefined {
  const plain = (name: string): string => name.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase();
  return known
    .map((name) => ({ name, edits: editDistance(plain(key), plain(name)) }))
    .filter(({ edits }) => edits <= MAX_EDITS)
    .sort((a, b) => a.edits - b.edits)[0]?.name;
}

/** The number of characters to insert, delete or replace to turn one text into the other. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, a] of [...from].entries()) {
    const row = [i + 1];
    for (const [j, b] of [...to].entries()) {
      const replaced = (previous[j] ?? 0) + (a === b ? 0 : 1);
      row.push(Math.min(replaced, (previous[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[to.length] ?? 0;
}
