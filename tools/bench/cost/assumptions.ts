import type { FirehoseUse } from './cost.ts';

const MIB = 1024 * 1024;

/** CPU of a batch where Firehose compresses, as a share of that with `delivery: s3`: `npm run bench:stream`, 2026-11-25. */
export const STREAM_CPU_SHARE = 0.41;

/** ASSUMED: seconds from a function's request to the answer of S3 or Firehose. */
export const PUT_SECONDS = 0.1;

/** ASSUMED: a service of one's own, two tasks so that one may fail. At 5 MiB/s it takes 0.3 to 0.7 of a core by docs/benchmarks/peers.md. */
export const fargateTasks = { tasks: 2, cpus: 1, memoryGb: 2 } as const;

/** ASSUMED: units of MSK Connect, two so that one may fail. */
export const CONNECT_UNITS = 2;

/** Firehose as the stack feeds it, with folders by topic and time. */
export const packedRecords: FirehoseUse = {
  recordBytes: 1000 * 1024,
  objectBytes: 64 * MIB,
  isPartitioned: true,
};
