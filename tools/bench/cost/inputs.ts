import { settingRanges } from '../../../lambda/contract.ts';
import type { BatchEffort, FargateTasks, FirehoseUse } from './cost.ts';

const MIB = 1024 * 1024;

/**
 * The effort of a batch of orders of 1 KB with gzip 6, from the event's text to the last answered PUT: the model
 * that fits batches of 1 to 3,990 records and 1 to 100 objects, measured on 2026-11-25 on two cores of an AMD
 * EPYC, virtual and shared, with Node 24.21.0. A hundred objects need up to a quarter more than it says.
 */
export const measured = {
  /** Milliseconds of CPU, all threads. */
  cpuMs: { invocation: 2.02, record: 0.03344, object: 1.194 },
  /** Bytes of log lines, including metrics. */
  logBytes: { invocation: 1498, object: 76.6 },
  /** CPU where Firehose compresses, as a share of that with `delivery: s3`: `npm run bench:stream`, 2026-11-25. */
  streamCpuShare: 0.41,
} as const;

/** ASSUMED: seconds from a request to the response of S3 or Firehose. */
const PUT_SECONDS = 0.1;

/** The effort of a batch with `delivery: s3`, with the defaults for memory and for parallel PUTs. */
export function effortOf(records: number, objects: number): BatchEffort {
  const { cpuMs, logBytes } = measured;
  const rounds = Math.ceil(objects / settingRanges.maxParallelPuts.default);
  return {
    cpuSeconds: (cpuMs.invocation + cpuMs.record * records + cpuMs.object * objects) / 1000,
    waitSeconds: rounds * PUT_SECONDS,
    memoryMiB: settingRanges.memoryMiB.default,
    logBytes: logBytes.invocation + logBytes.object * objects,
  };
}

/** ASSUMED: a self-managed service, with two tasks so that one can fail. It needs 0.3 to 0.7 of a core at 5 MiB/s (docs/evidence.md). */
export const fargateTasks: FargateTasks = { tasks: 2, cpus: 1, memoryGb: 2 };

/** ASSUMED: MSK Connect units, two so that one can fail. */
export const CONNECT_UNITS = 2;

/** Firehose as the stack uses it, with folders by topic and hour. */
export const packedChunks: FirehoseUse = {
  chunkBytes: 1000 * 1024,
  objectBytes: 64 * MIB,
  isPartitioned: true,
};
