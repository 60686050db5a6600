/** Seconds that a wait lasts at most. */
const LONGEST_SECONDS = 3600;

/**
 * Seconds until a failed replay is tried again: the first wait, twice as long after each further try, an
 * hour at most, and of that at least half, so that what failed together does not come back together.
 *
 * @param tries so far, from 1
 * @param random from 0 to 1
 */
export function retryDelaySeconds(tries: number, firstSeconds: number, random: number): number {
  const longest = Math.min(LONGEST_SECONDS, firstSeconds * 2 ** (tries - 1));
  return Math.ceil(longest * (0.5 + random / 2));
}
