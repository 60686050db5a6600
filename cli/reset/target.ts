/** Where a group is moved to: the ends of the log, or the first record at or after epoch milliseconds. */
export type ResetTarget = 'earliest' | 'latest' | { readonly timestamp: number };

/** The target in a word, or as an ISO 8601 time. */
export function formatTarget(target: ResetTarget): string {
  return typeof target === 'string' ? target : new Date(target.timestamp).toISOString();
}
