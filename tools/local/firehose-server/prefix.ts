import { randomUUID } from 'node:crypto';

/** The namespaces whose expressions end the default folders, which follow the time of arrival. */
const OWN_FOLDERS = /!\{(?:timestamp|partitionKeyFromQuery):/;
const DEFAULT_FOLDERS = '!{timestamp:yyyy/MM/dd/HH/}';

/**
 * Completes a prefix as the service does, which appends folders by time unless an expression makes some:
 * https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html#prefix-rules
 *
 * That page names expressions of the namespace `timestamp` only. That partition keys count, too, is shown by
 * https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-s3bucketprefix.html
 */
export function completePrefix(prefix: string): string {
  return OWN_FOLDERS.test(prefix) ? prefix : `${prefix}${DEFAULT_FOLDERS}`;
}

/** Returns whether the records have to be read to find their folder. */
export function hasPartitionKeys(prefix: string): boolean {
  return prefix.includes('!{partitionKeyFromQuery:');
}

/** Replaces the partition keys of a prefix by their values; a key without a value becomes empty. */
export function fillPartitionKeys(prefix: string, keys: Readonly<Record<string, string>>): string {
  return prefix.replaceAll(/!\{partitionKeyFromQuery:(\w+)\}/g, (_, key) => keys[key] ?? '');
}

/**
 * Evaluates the other expressions of a prefix.
 *
 * @param time epoch milliseconds; times are in UTC
 * @param errorType the value of `!{firehose:error-output-type}`
 * @throws {RangeError} if the prefix has another expression, or a format of a time that this server does not have
 */
export function evaluatePrefix(prefix: string, time: number, errorType = ''): string {
  return prefix.replaceAll(/!\{([^:}]*):([^}]*)\}/g, (expression, namespace, value) => {
    if (namespace === 'timestamp') return formatTime(value, time);
    // Eleven characters, a new one for each expression.
    if (expression === '!{firehose:random-string}') return randomUUID().slice(0, 11);
    if (expression === '!{firehose:error-output-type}') return errorType;
    throw new RangeError(`expression that this server does not have: ${expression}`);
  });
}

/**
 * Formats a time by a pattern of Java's DateTimeFormatter, of which this server has numbers and quoted text:
 * https://docs.oracle.com/javase/8/docs/api/java/time/format/DateTimeFormatter.html
 */
function formatTime(pattern: string, time: number): string {
  const [year = '', month = '', day = '', hour = ''] = new Date(time).toISOString().split(/[-T:]/);
  const fields: Readonly<Record<string, string>> = { yyyy: year, MM: month, dd: day, HH: hour };
  return pattern.replaceAll(/''|'((?:[^']|'')*)'|([A-Za-z])\2*/g, (found, text?: string) => {
    if (found === "''") return "'";
    if (text !== undefined) return text.replaceAll("''", "'");
    const field = fields[found];
    if (field === undefined)
      throw new RangeError(`format that this server does not have: ${found}`);
    return field;
  });
}
