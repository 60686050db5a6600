import { createHash } from 'node:crypto';
import type { Invoke } from '../mapping/pipeline.ts';

/** More than what is lost by counting with shares such as 0.1, and less than any share. */
const ROUNDING = 1e-9;

/**
 * Has this share of the batches fail however often they are tried, as those would that crash the
 * function: they never reach it. The first batch is one of them, so that there is one, and the others
 * come at even distances.
 *
 * @param rate from 0 to 1
 */
export function failBatches(rate: number): (invoke: Invoke) => Invoke {
  /** Whether it fails, by the digest of its event. */
  const batches = new Map<string, boolean>();
  /** How many of so many batches fail. */
  const failing = (count: number) => Math.ceil(count * rate - ROUNDING);
  const fails = (event: string) => {
    const digest = createHash('sha256').update(event).digest('base64');
    const { size } = batches;
    const isFailing = batches.get(digest) ?? failing(size + 1) > failing(size);
    batches.set(digest, isFailing);
    return isFailing;
  };
  return (invoke) => async (event) =>
    fails(event) ? { kind: 'failed', errorType: 'Runtime.ExitError' } : invoke(event);
}
