/** Maximum of things that a message or a log line names unless it says otherwise; the rest are counted. */
export const MOST_NAMED = 20;

/**
 * Describes things in one text: the first `most`, separated by semicolons, and how many more there are.
 * A batch may have 10,000 topic-partitions, while Lambda gets no error with a message over 1 MiB, and CloudWatch Logs
 * no event: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 */
export function nameFirst<Thing>(
  things: readonly Thing[],
  describe: (thing: Thing) => string,
  most = MOST_NAMED,
): string {
  const named = things.slice(0, most).map(describe);
  const more = things.length - named.length;
  return [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

/** Cuts a text that others wrote to a number of characters, and marks the cut with `…`. */
export function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most).toWellFormed()}…`;
}
