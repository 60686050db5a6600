import type { FirehoseUse } from './cost.ts';

const MIB = 1024 * 1024;

/** CPU of a batch where Firehose compresses, as a share of that with `delivery: s3`: `npm run bench:stream`, 2026-11-25. */
export const STREAM_CPU_SHARE = 0.41;

/** Firehose as the stack feeds it, with folders by topic and time. */
export const packedRecords: FirehoseUse = {
  recordBytes: 1000 * 1024,
  objectBytes: 64 * MIB,
  isPartitioned: true,
};
