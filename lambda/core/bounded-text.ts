/** Maximum of things that a message or a log line names; the rest are counted. */
export const MOST_NAMED = 20;

/** Joins descriptions to one text: the first {@link MOST_NAMED} of them, and how many more there are. */
export function nameFirst(descriptions: readonly string[]): string {
  const named = descriptions.slice(0, MOST_NAMED);
  const more = descriptions.length - named.length;
  return [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

/** Cuts a text that others wrote to a number of characters, and marks the cut with `…`. */
export function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most).toWellFormed()}…`;
}
