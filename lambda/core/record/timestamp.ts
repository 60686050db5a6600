/** The ends of the range of Kafka's timestamps, which are signed 64-bit numbers. JSON rounds both to ±2^63. */
const EARLIEST = '-9223372036854775808';
const LATEST = '9223372036854775807';
const BOUND = 2 ** 63;

/**
 * Whether a line holds a timestamp exactly. JavaScript rounds numbers beyond ±2^53 when it parses the event, so
 * that the record's own timestamp is unknown, as it is if the event holds no whole number.
 */
export function isExactTimestamp(timestamp: unknown): boolean {
  return timestamp == null || Number.isSafeInteger(timestamp);
}

/**
 * Returns a timestamp in decimal, as the nearest 64-bit whole number, so that every reader's BIGINT holds it.
 * `null` if the event has none, or something else than a number.
 */
export function timestampText(timestamp: unknown): string {
  if (typeof timestamp !== 'number' || Number.isNaN(timestamp)) return 'null';
  if (timestamp >= BOUND) return LATEST;
  if (timestamp <= -BOUND) return EARLIEST;
  // A large number's own text has its shortest digits and then zeros, which is another number.
  return String(BigInt(Math.round(timestamp)));
}
