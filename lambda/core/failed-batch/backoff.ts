/** Maximum of a delay in seconds. */
const LONGEST_SECONDS = 3600;

/**
 * Returns the seconds before the next try of a failed replay. The delay doubles with each try, up to one
 * hour; up to half of it is jitter, so that batches that failed together are not retried together.
 *
 * @param tries number of tries so far, from 1
 * @param firstSeconds delay after the first try, before jitter
 * @param random from 0 to 1
 */
export function retryDelaySeconds(tries: number, firstSeconds: number, random: number): number {
  const longest = Math.min(LONGEST_SECONDS, firstSeconds * 2 ** (tries - 1));
  return Math.ceil(longest * (0.5 + random / 2));
}
