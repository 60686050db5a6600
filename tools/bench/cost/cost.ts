import { MAX_CHUNK_LINES } from '../../../lambda/core/stream/chunks.ts';
import { prices } from './prices.ts';

const TERABYTE = 1e12;
const GIGABYTE = 1e9;
const SECONDS_AN_HOUR = 3600;

/** Firehose charges each record as so many bytes, or a multiple: https://aws.amazon.com/firehose/pricing/ */
const FIREHOSE_STEP_BYTES = 5 * 1024;

/** Memory that comes with one vCPU, MiB: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
export const MIB_PER_CPU = 1769;

/** What one event poller unit carries: https://docs.aws.amazon.com/lambda/latest/dg/kafka-scaling-modes.html */
const pollerUnit = { bytesPerSecond: 20 * 1024 * 1024, pollers: 10 } as const;

/** What is archived, and how fast it comes. */
export interface Workload {
  /** Of a record's value, as most of what Kafka holds. */
  readonly valueBytes: number;
  readonly recordsPerBatch: number;
  /** Of a record line, on average. */
  readonly lineBytes: number;
  /** Topic-partitions with records in a batch: objects of it. */
  readonly partitionsPerBatch: number;
  /** Bytes of values a second, all day. */
  readonly bytesPerSecond: number;
}

/** What archiving a batch takes. */
export interface BatchEffort {
  /** CPU of the handler, measured on one core. */
  readonly cpuSeconds: number;
  /** Waiting for S3 or Firehose. */
  readonly waitSeconds: number;
  readonly memoryMiB: number;
}

/** Dollars for a terabyte of values, by what they are paid for. */
export type CostPerTerabyte = Readonly<Record<string, number>>;

/** The whole of it. */
export function total(cost: CostPerTerabyte): number {
  return Object.values(cost).reduce((sum, dollars) => sum + dollars, 0);
}

function batchesOf({ valueBytes, recordsPerBatch }: Workload): number {
  return TERABYTE / (valueBytes * recordsPerBatch);
}

function hoursOf({ bytesPerSecond }: Workload): number {
  return TERABYTE / bytesPerSecond / SECONDS_AN_HOUR;
}

function lambdaCost(workload: Workload, effort: BatchEffort) {
  const { cpuSeconds, waitSeconds, memoryMiB } = effort;
  const seconds = cpuSeconds / Math.min(1, memoryMiB / MIB_PER_CPU) + waitSeconds;
  const batches = batchesOf(workload);
  return {
    'Lambda, time': batches * seconds * (memoryMiB / 1024) * prices.lambdaGbSecond.dollars,
    'Lambda, invocations': batches * prices.lambdaRequest.dollars,
  };
}

/** `delivery: s3`, on-demand mode: an object of each batch run. */
export function s3Delivery(workload: Workload, effort: BatchEffort): CostPerTerabyte {
  const objects = batchesOf(workload) * workload.partitionsPerBatch;
  return { ...lambdaCost(workload, effort), 'S3, PUTs': objects * prices.s3Put.dollars };
}

/** Event poller units for so many bytes a second, read by so many pollers. */
export function pollerUnits(bytesPerSecond: number, pollers: number): number {
  const forBytes = Math.ceil(bytesPerSecond / pollerUnit.bytesPerSecond);
  return Math.max(1, forBytes, Math.ceil(pollers / pollerUnit.pollers));
}

/** The same in provisioned mode: event poller units besides, all the time. */
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

/** Bytes that Firehose charges for lines, packed into records of so many bytes. */
export function chargedBytes(lineBytes: number, recordBytes: number): number {
  const lines = Math.min(MAX_CHUNK_LINES, Math.max(1, Math.floor(recordBytes / lineBytes)));
  const steps = Math.ceil((lines * lineBytes) / FIREHOSE_STEP_BYTES);
  return (steps * FIREHOSE_STEP_BYTES) / lines;
}

/** How Firehose is fed, and what it makes. */
export interface FirehoseUse {
  /** Of a record of the stream: that of one line where lines are not packed. */
  readonly recordBytes: number;
  /** Of an object, before compression. */
  readonly objectBytes: number;
  /** Whether it makes folders by what is in the lines. */
  readonly isPartitioned: boolean;
}

/** `delivery: firehose`. */
export function firehoseDelivery(
  workload: Workload,
  effort: BatchEffort,
  { recordBytes, objectBytes, isPartitioned }: FirehoseUse,
): CostPerTerabyte {
  const lines = TERABYTE / workload.valueBytes;
  const lineBytes = lines * workload.lineBytes;
  const objects = lineBytes / objectBytes;
  return {
    ...lambdaCost(workload, effort),
    'Firehose, data':
      ((lines * chargedBytes(workload.lineBytes, recordBytes)) / GIGABYTE) *
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

/** How many times as much Firehose charges for lines of so many bytes put one by one as for packed ones. */
export function packingWorth(lineBytes: number, recordBytes: number): number {
  return chargedBytes(lineBytes, lineBytes) / chargedBytes(lineBytes, recordBytes);
}

/** Firehose reads MSK itself: values alone, without key, headers, offset or timestamp. */
export function firehoseFromMsk(objectBytes: number): CostPerTerabyte {
  return {
    'Firehose, data': (TERABYTE / GIGABYTE) * prices.firehoseFromMskGb.dollars,
    'S3, PUTs': (TERABYTE / objectBytes) * prices.s3Put.dollars,
  };
}

/** MSK Connect with so many units, which are paid whether records come or not. */
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

/** How large a service on Fargate is. */
export interface FargateTasks {
  readonly tasks: number;
  /** Of each. */
  readonly cpus: number;
  readonly memoryGb: number;
}

/** A service of one's own on Fargate, paid whether records come or not. */
export function fargateService(
  workload: Workload,
  { tasks, cpus, memoryGb }: FargateTasks,
  objectBytes: number,
): CostPerTerabyte {
  const hour = cpus * prices.fargateCpuHour.dollars + memoryGb * prices.fargateGbHour.dollars;
  return {
    Fargate: tasks * hour * hoursOf(workload),
    'S3, PUTs': (TERABYTE / objectBytes) * prices.s3Put.dollars,
  };
}
