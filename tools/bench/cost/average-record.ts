import { fullLines } from './full-lines.ts';

/** The average record of the bench's orders of 1 KB. */
export interface AverageRecord {
  readonly valueBytes: number;
  /** Bytes of its record line. */
  readonly lineBytes: number;
  /** How many of them fill the payload of one invocation. */
  readonly recordsThatFit: number;
}

/** Takes a full event apart. */
export function averageRecord(): AverageRecord {
  const { lines, records, valueBytes } = fullLines('orders');
  return {
    valueBytes: Math.round(valueBytes / records),
    lineBytes: Math.round(lines.length / records),
    recordsThatFit: records,
  };
}
