import {
  type CostPerTerabyte,
  MIB_PER_CPU,
  pollerUnits,
  s3Delivery,
  s3DeliveryProvisioned,
  total,
} from '../cost/cost.ts';
import { prices } from '../cost/prices.ts';
import { cpuMsOf, type EffortModel, logBytesOf } from './effort.ts';
import { type LimitName, limits, poller } from './limits.ts';

/** Of thirty days. */
export const SECONDS_A_MONTH = 30 * 24 * 3600;
const GIGABYTE = 1e9;
const TERABYTE = 1e12;

/** What the model reckons with: sizes and effort measured, the rest assumed. */
export interface ScaleInputs {
  /** Bytes of a value, on average. */
  readonly valueBytes: number;
  /** Bytes that a record takes in an event. */
  readonly eventBytes: number;
  /** Bytes of its line. */
  readonly lineBytes: number;
  /** Most records that fit an invocation. */
  readonly recordsThatFit: number;
  readonly effort: EffortModel;
  readonly memoryMiB: number;
  readonly maxParallelPuts: number;
  /** ASSUMED: what a put takes in S3 from the function's request to its answer. */
  readonly putSeconds: number;
  /** CloudFormation resources of a stack without topics, and of each topic. */
  readonly resources: { readonly stack: number; readonly topic: number };
  /** Custom metrics without topic, and of each topic. */
  readonly metrics: { readonly stack: number; readonly topic: number };
}

/** What is archived, how. */
export interface ScalePlan {
  /** Of all topics. */
  readonly recordsPerSecond: number;
  /** They have the same traffic. */
  readonly topics: number;
  /** That a batch is closed at: `batchSize`, or what comes in a `batchWindow`. */
  readonly recordsPerBatch: number;
  /** That have records in a batch, where it has so many. */
  readonly partitionsPerBatch: number;
}

/** What comes of a plan. */
export interface ScaleLoad {
  /** As many as planned, or as fit. */
  readonly recordsPerBatch: number;
  readonly objectsPerBatch: number;
  readonly invocationsPerSecond: number;
  readonly invocationsPerMonth: number;
  readonly cpuSeconds: number;
  /** Of an invocation. */
  readonly seconds: number;
  readonly gbSecondsPerMonth: number;
  readonly putsPerSecond: number;
  readonly putsPerGb: number;
  readonly concurrency: number;
  /** Of all mappings, in provisioned mode. */
  readonly pollers: number;
  /** Event poller units, each mapping with its own, and with all in groups. */
  readonly units: number;
  readonly unitsGrouped: number;
  /** On demand. */
  readonly dollarsPerTerabyte: CostPerTerabyte;
  /** With pollers, in groups. */
  readonly dollarsProvisioned: CostPerTerabyte;
  readonly metricDollarsPerMonth: number;
}

/** Reckons a plan. */
export function scaleLoad(inputs: ScaleInputs, plan: ScalePlan): ScaleLoad {
  const recordsPerBatch = Math.min(plan.recordsPerBatch, inputs.recordsThatFit);
  const objectsPerBatch = Math.min(plan.partitionsPerBatch, recordsPerBatch);
  const invocationsPerSecond = plan.recordsPerSecond / recordsPerBatch;
  const effort = batchEffort(inputs, recordsPerBatch, objectsPerBatch);
  const seconds = effort.cpuSeconds / cpusOf(inputs) + effort.waitSeconds;
  const bytesPerSecond = plan.recordsPerSecond * inputs.valueBytes;
  const concurrency = invocationsPerSecond * seconds;
  const pollers = plan.topics * pollersOf(bytesPerSecond / plan.topics, concurrency / plan.topics);
  const putsPerSecond = invocationsPerSecond * objectsPerBatch;
  const workload = {
    ...{ valueBytes: inputs.valueBytes, lineBytes: inputs.lineBytes, bytesPerSecond },
    ...{ recordsPerBatch, partitionsPerBatch: objectsPerBatch },
  };
  const logBytes = logBytesOf(inputs.effort, objectsPerBatch);
  const batchesPerTerabyte = TERABYTE / inputs.valueBytes / recordsPerBatch;
  const logs = {
    'CloudWatch, logs': ((batchesPerTerabyte * logBytes) / GIGABYTE) * prices.logsGb.dollars,
  };
  const unitsGrouped = pollerUnits(bytesPerSecond, pollers);
  const units = plan.topics * pollerUnits(bytesPerSecond / plan.topics, pollers / plan.topics);
  return {
    ...{ recordsPerBatch, objectsPerBatch, invocationsPerSecond, seconds, concurrency, pollers },
    ...{ putsPerSecond, units, unitsGrouped },
    cpuSeconds: effort.cpuSeconds,
    invocationsPerMonth: invocationsPerSecond * SECONDS_A_MONTH,
    gbSecondsPerMonth: concurrency * (inputs.memoryMiB / 1024) * SECONDS_A_MONTH,
    putsPerGb: (putsPerSecond / bytesPerSecond) * GIGABYTE,
    dollarsPerTerabyte: { ...s3Delivery(workload, effort), ...logs },
    dollarsProvisioned: { ...s3DeliveryProvisioned(workload, effort, unitsGrouped), ...logs },
    metricDollarsPerMonth:
      (inputs.metrics.stack + inputs.metrics.topic * plan.topics) * prices.metricMonth.dollars,
  };
}

/** vCPUs of the function, one at most: but for compression it has one thread. */
function cpusOf({ memoryMiB }: ScaleInputs): number {
  return Math.min(1, memoryMiB / MIB_PER_CPU);
}

function batchEffort(inputs: ScaleInputs, records: number, objects: number) {
  const { effort, maxParallelPuts, memoryMiB, putSeconds } = inputs;
  return {
    cpuSeconds: cpuMsOf(effort, records, objects) / 1000,
    waitSeconds: Math.ceil(objects / maxParallelPuts) * putSeconds,
    memoryMiB,
  };
}

/** Pollers of a mapping, for its traffic and for its invocations at a time. */
function pollersOf(bytesPerSecond: number, concurrency: number): number {
  const forBytes = Math.ceil(bytesPerSecond / poller.bytesPerSecond);
  return Math.max(1, forBytes, Math.ceil(concurrency / poller.concurrency));
}

/** What of a limit is used. */
export interface Use {
  readonly name: LimitName;
  /** In the limit's own unit. */
  readonly used: number;
  /** Used ÷ limit: over 1 it does not work. */
  readonly share: number;
}

/** How much of each limit a plan uses, the tightest first. */
export function usesOf(inputs: ScaleInputs, plan: ScalePlan): Use[] {
  const load = scaleLoad(inputs, plan);
  const used: Record<LimitName, number> = {
    concurrency: load.concurrency,
    invocations: load.invocationsPerSecond,
    // ASSUMED: S3 has split nothing so far, so that all topics are one prefix.
    puts: load.putsPerSecond,
    pollers: load.pollers / plan.topics,
    mappingsOfGroup: plan.topics,
    connections: load.pollers * poller.connectionsPerBroker,
    topics: plan.topics,
    resources: inputs.resources.stack + inputs.resources.topic * plan.topics,
  };
  return (Object.keys(used) as LimitName[])
    .map((name) => ({ name, used: used[name], share: used[name] / limits[name].most }))
    .sort((a, b) => b.share - a.share);
}

/** Limits that more traffic runs into; the others are of the number of topics. */
const trafficLimits = [
  'concurrency',
  'invocations',
  'puts',
  'pollers',
  'connections',
] as const satisfies readonly LimitName[];

/** Limits of the number of topics. */
const topicLimits = [
  'topics',
  'resources',
  'mappingsOfGroup',
  'connections',
] as const satisfies readonly LimitName[];

/** A limit, and the largest number of something that it allows. */
export interface Bound {
  readonly name: LimitName;
  readonly most: number;
}

/** The most records a second that each limit allows, all else as planned; the one that binds first comes first. */
export function trafficBounds(inputs: ScaleInputs, plan: ScalePlan): Bound[] {
  return boundsOf(trafficLimits, (recordsPerSecond) =>
    usesOf(inputs, { ...plan, recordsPerSecond }),
  );
}

/** The most topics that each limit allows, with the traffic that is planned. */
export function topicBounds(inputs: ScaleInputs, plan: ScalePlan): Bound[] {
  return boundsOf(topicLimits, (topics) => usesOf(inputs, { ...plan, topics }));
}

function boundsOf(names: readonly LimitName[], usesAt: (amount: number) => Use[]): Bound[] {
  const shareOf = (name: LimitName, amount: number) =>
    usesAt(amount).find((use) => use.name === name)?.share ?? 0;
  return names
    .map((name) => ({ name, most: largestThat((amount) => shareOf(name, amount) <= 1) }))
    .sort((a, b) => a.most - b.most);
}

/**
 * The fewest records in a batch with which objects of one's own cost no more than so many dollars a terabyte;
 * undefined where no batch is large enough.
 */
export function recordsWorth(
  inputs: ScaleInputs,
  plan: ScalePlan,
  dollars: number,
): number | undefined {
  const costs = (recordsPerBatch: number) =>
    total(scaleLoad(inputs, { ...plan, recordsPerBatch }).dollarsPerTerabyte);
  if (costs(inputs.recordsThatFit) > dollars) return undefined;
  return largestThat((records) => costs(records) > dollars) + 1;
}

/** The largest number up to which it holds, 0 where it holds for none; found by halving. */
function largestThat(holds: (amount: number) => boolean): number {
  let [low, high] = [0, 1];
  while (holds(high) && high < MOST_SEARCHED) [low, high] = [high, high * 2];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** More than any limit allows. */
const MOST_SEARCHED = 1e12;
