/**
 * The item identifiers of a partial batch response: none for null, `{}` or an empty list.
 *
 * @param payload the handler's result, as JSON text
 * @returns undefined if the response is malformed
 */
export function readItemFailures(payload: string): readonly unknown[] | undefined {
  let result: unknown;
  try {
    result = payload === '' ? null : JSON.parse(payload);
  } catch {
    return undefined;
  }
  if (result === null) return [];
  if (typeof result !== 'object') return undefined;
  const { batchItemFailures: failures } = result as { readonly batchItemFailures?: unknown };
  if (failures === undefined || failures === null) return [];
  return Array.isArray(failures) ? failures.map((each) => each?.itemIdentifier) : undefined;
}
