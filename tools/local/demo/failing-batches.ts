import { createHash } from 'node:crypto';
import type { Invoke } from '../mapping/pipeline.ts';

/** Larger than rounding errors of rates such as 0.1, and smaller than any rate. */
const ROUNDING = 1e-9;

/**
 * Makes a share of the batches fail in every attempt, like batches that crash the function: they never
 * reach it. The first batch is always one of them, and the others follow at even intervals.
 *
 * @param rate from 0 to 1
 */
export function failBatches(rate: number): (invoke: Invoke) => Invoke {
  /** Whether each batch fails, by the digest of its event. */
  const batches = new Map<string, boolean>();
  /** How many of the first `count` batches fail. */
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
