import { settingRanges } from '../../../lambda/contract.ts';
import { groupRuns } from '../../../lambda/core/object/object-key.ts';
import { MAX_CHUNK_LINES } from '../../../lambda/core/stream/chunks.ts';
import { prices } from './prices.ts';

const TERABYTE = 1e12;
const GIGABYTE = 1e9;
const SECONDS_AN_HOUR = 3600;

/** Firehose rounds each record up to a multiple of this: https://aws.amazon.com/firehose/pricing/ */
const FIREHOSE_STEP_BYTES = 5 * 1024;

/** Memory that comes with one vCPU: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const MIB_PER_CPU = 1769;

/** Capacity of one event poller unit: https://docs.aws.amazon.com/lambda/latest/dg/kafka-scaling-modes.html */
const pollerUnit = { bytesPerSecond: 20 * 1024 * 1024, pollers: 10 } as const;

/** The traffic to archive. */
export interface Workload {
  /** Bytes of a record's value. */
  readonly valueBytes: number;
  readonly recordsPerBatch: number;
  /** Bytes of a record line, on average. */
  readonly lineBytes: number;
  /** Topic-partitions with records in a batch. */
  readonly partitionsPerBatch: number;
  /** Bytes of values a second, around the clock. */
  readonly bytesPerSecond: number;
}

/** The effort of archiving one batch. */
export interface BatchEffort {
  /** CPU of the handler, measured on one core. */
  readonly cpuSeconds: number;
  /** Time spent waiting for S3 or Firehose. */
  readonly waitSeconds: number;
  readonly memoryMiB: number;
  /** Bytes written to CloudWatch Logs. */
  readonly logBytes: number;
}

/** Dollars for a terabyte of values, by item. */
export type CostPerTerabyte = Readonly<Record<string, number>>;

/** The sum of all items. */
export function total(cost: CostPerTerabyte): number {
  return Object.values(cost).reduce((sum, dollars) => sum + dollars, 0);
}

/** Seconds that the records of a batch span at most: the default, and maximum, of `batchWindow`. */
const MAX_BATCH_SECONDS = settingRanges.batchWindow.max;

/**
 * Objects of a batch with `objectOf: batch`, on average: as many as it needs for the ranges of its partitions, and as
 * many again for each hour that it crosses, as if every batch spanned the whole window.
 */
export function objectsOf(partitions: number): number {
  const runs = Array.from({ length: partitions }, (_, partition) => ({
    ...{ partition, first: 5_000_000_000, last: 5_000_000_999, offsets: 1000 },
  }));
  const groups = groupRuns(runs, { prefix: 'shop/', topic: 'orders' });
  return groups.length * (1 + MAX_BATCH_SECONDS / SECONDS_AN_HOUR);
}

function batchesOf({ valueBytes, recordsPerBatch }: Workload): number {
  return TERABYTE / (valueBytes * recordsPerBatch);
}

function hoursOf({ bytesPerSecond }: Workload): number {
  return TERABYTE / bytesPerSecond / SECONDS_AN_HOUR;
}

function functionCost(workload: Workload, effort: BatchEffort) {
  const { cpuSeconds, logBytes, memoryMiB, waitSeconds } = effort;
  const seconds = cpuSeconds / Math.min(1, memoryMiB / MIB_PER_CPU) + waitSeconds;
  const batches = batchesOf(workload);
  return {
    'Lambda, time': batches * seconds * (memoryMiB / 1024) * prices.lambdaGbSecond.dollars,
    'Lambda, invocations': batches * prices.lambdaRequest.dollars,
    'CloudWatch, logs': ((batches * logBytes) / GIGABYTE) * prices.logsGb.dollars,
  };
}

/** Dollars of compressing a body with less than a core, which is charged by CPU, and of storing it. */
export function compressionCost({
  bytes,
  cpuSeconds,
  months,
}: {
  readonly bytes: number;
  readonly cpuSeconds: number;
  readonly months: number;
}): number {
  const compress = cpuSeconds * (MIB_PER_CPU / 1024) * prices.lambdaGbSecond.dollars;
  return compress + (bytes / 2 ** 30) * months * prices.s3GbMonth.dollars;
}

/** `delivery: s3` in on-demand mode. */
export function s3Delivery(workload: Workload, effort: BatchEffort): CostPerTerabyte {
  const objects = batchesOf(workload) * objectsOf(workload.partitionsPerBatch);
  return { ...functionCost(workload, effort), 'S3, PUTs': objects * prices.s3Put.dollars };
}

/** Event poller units that carry this traffic with this number of pollers. */
export function pollerUnits(bytesPerSecond: number, pollers: number): number {
  const forBytes = Math.ceil(bytesPerSecond / pollerUnit.bytesPerSecond);
  return Math.max(1, forBytes, Math.ceil(pollers / pollerUnit.pollers));
}

/** `delivery: s3` in provisioned mode: the same, plus event poller units around the clock. */
export function s3DeliveryProvisioned(
  workload: Workload,
  effort: BatchEffort,
  units = pollerUnits(workload.bytesPerSecond, 1),
): CostPerTerabyte {
  return {
    ...s3Delivery(workload, effort),
    'Lambda, pollers': units * hoursOf(workload) * prices.eventPollerUnitHour.dollars,
  };
}

/** Bytes that Firehose charges for one line, when lines are packed into chunks of at most this size. */
export function chargedBytes(lineBytes: number, chunkBytes: number): number {
  const lines = Math.min(MAX_CHUNK_LINES, Math.max(1, Math.floor(chunkBytes / lineBytes)));
  const steps = Math.ceil((lines * lineBytes) / FIREHOSE_STEP_BYTES);
  return (steps * FIREHOSE_STEP_BYTES) / lines;
}

/** How a delivery stream is fed, and what it writes. */
export interface FirehoseUse {
  /** Size of a chunk; that of one line where lines are not packed. */
  readonly chunkBytes: number;
  /** Size of an object before compression. */
  readonly objectBytes: number;
  /** Whether the stream partitions dynamically, that is, makes folders by topic and hour. */
  readonly isPartitioned: boolean;
}

/** `delivery: firehose`. */
export function firehoseDelivery(
  workload: Workload,
  effort: BatchEffort,
  { chunkBytes, isPartitioned, objectBytes }: FirehoseUse,
): CostPerTerabyte {
  const lines = TERABYTE / workload.valueBytes;
  const lineBytes = lines * workload.lineBytes;
  const objects = lineBytes / objectBytes;
  return {
    ...functionCost(workload, effort),
    'Firehose, data':
      ((lines * chargedBytes(workload.lineBytes, chunkBytes)) / GIGABYTE) *
      prices.firehoseGb.dollars,
    ...(isPartitioned && {
      'Firehose, folders':
        (lineBytes / GIGABYTE) * prices.firehosePartitionGb.dollars +
        objects * prices.firehosePartitionObject.dollars +
        hoursOf(workload) * prices.firehoseJqHour.dollars,
    }),
    'S3, PUTs': objects * prices.s3Put.dollars,
  };
}

/** How many times as much Firehose charges for lines that are put one by one as for packed lines. */
export function packingWorth(lineBytes: number, chunkBytes: number): number {
  return chargedBytes(lineBytes, lineBytes) / chargedBytes(lineBytes, chunkBytes);
}

/** A delivery stream that reads MSK itself, and stores values only: no key, headers, offset or timestamp. */
export function firehoseFromMsk(objectBytes: number): CostPerTerabyte {
  return {
    'Firehose, data': (TERABYTE / GIGABYTE) * prices.firehoseFromMskGb.dollars,
    'S3, PUTs': (TERABYTE / objectBytes) * prices.s3Put.dollars,
  };
}

/** MSK Connect with a fixed number of units, which are paid for around the clock. */
export function mskConnect(
  workload: Workload,
  units: number,
  objectBytes: number,
): CostPerTerabyte {
  return {
    'MSK Connect': units * hoursOf(workload) * prices.mskConnectUnitHour.dollars,
    'S3, PUTs': (TERABYTE / objectBytes) * prices.s3Put.dollars,
  };
}

/** The size of a service on Fargate. */
export interface FargateTasks {
  readonly tasks: number;
  /** vCPUs of each task. */
  readonly cpus: number;
  /** Memory of each task. */
  readonly memoryGb: number;
}

/** A self-managed service on Fargate, paid for around the clock. */
export function fargateService(
  workload: Workload,
  { cpus, memoryGb, tasks }: FargateTasks,
  objectBytes: number,
): CostPerTerabyte {
  const hour = cpus * prices.fargateCpuHour.dollars + memoryGb * prices.fargateGbHour.dollars;
  return {
    Fargate: tasks * hour * hoursOf(workload),
    'S3, PUTs': (TERABYTE / objectBytes) * prices.s3Put.dollars,
  };
}
