import { packedRecords, STREAM_CPU_SHARE } from './cost/assumptions.ts';
import {
  type BatchEffort,
  type CostPerTerabyte,
  chargedBytes,
  fargateService,
  firehoseDelivery,
  firehoseFromMsk,
  mskConnect,
  s3Delivery,
  s3DeliveryProvisioned,
  total,
  type Workload,
} from './cost/cost.ts';
import { PRICES_DATE, type Price, prices } from './cost/prices.ts';
import { averageRecord } from './scale/average-record.ts';
import { cpuMsOf, fitEffort } from './scale/effort.ts';
import { measured } from './scale/measured.ts';

const MIB = 1024 * 1024;

/** The bench's orders of 1 KB, full batches. */
const { lineBytes, recordsThatFit: recordsPerBatch, valueBytes } = averageRecord();
const workload: Workload = {
  ...{ lineBytes: Math.round(lineBytes), recordsPerBatch, valueBytes: Math.round(valueBytes) },
  partitionsPerBatch: 1,
  bytesPerSecond: 5 * MIB,
};
const ofTenPartitions: Workload = { ...workload, partitionsPerBatch: 10 };

const effort = effortOf(workload);
const streamEffort: BatchEffort = { ...effort, cpuSeconds: STREAM_CPU_SHARE * effort.cpuSeconds };

const ways: readonly (readonly [name: string, cost: CostPerTerabyte])[] = [
  ['delivery s3, on demand', s3Delivery(workload, effort)],
  ['the same, ten partitions a batch', s3Delivery(ofTenPartitions, effortOf(ofTenPartitions))],
  ['delivery s3, provisioned', s3DeliveryProvisioned(workload, effort)],
  ['delivery firehose', firehoseDelivery(workload, streamEffort, packedRecords)],
  [
    'delivery firehose, one folder',
    firehoseDelivery(workload, streamEffort, { ...packedRecords, isPartitioned: false }),
  ],
  [
    'Firehose, a record a line',
    firehoseDelivery(workload, streamEffort, { ...packedRecords, recordBytes: workload.lineBytes }),
  ],
  ['Firehose with MSK as its source', firehoseFromMsk(64 * MIB)],
  ['MSK Connect, two units', mskConnect(workload, 2, 64 * MIB)],
  [
    'a service on Fargate, two tasks',
    fargateService(workload, { tasks: 2, cpus: 1, memoryGb: 2 }, 10 * MIB),
  ],
];

/** Of it the CPU is measured, gzip 6; waiting is a guess. */
function effortOf({ partitionsPerBatch }: Workload): BatchEffort {
  const cpuMs = cpuMsOf(fitEffort(measured.batches), recordsPerBatch, partitionsPerBatch);
  return { cpuSeconds: cpuMs / 1000, waitSeconds: 0.1, memoryMiB: 1024 };
}

const dollars = (amount: number): string => `$${amount.toFixed(2)}`;

console.log(`Prices of us-east-1, ${PRICES_DATE}; * not verified in a page of AWS`);
for (const [name, price] of Object.entries<Price>(prices)) {
  const mark = price.isVerified ? ' ' : '*';
  console.log(
    `  ${mark} ${name}: $${Number(price.dollars.toPrecision(6))} per ${price.per}, ${price.source}`,
  );
}
console.log('\nWorkload:', JSON.stringify(workload));
console.log('A batch, delivery s3:', JSON.stringify(effort));
console.log('A batch, delivery firehose:', JSON.stringify(streamEffort));
const one = chargedBytes(workload.lineBytes, workload.lineBytes);
const many = chargedBytes(workload.lineBytes, packedRecords.recordBytes);
console.log(
  `\nFirehose charges a line of ${workload.lineBytes} B as ${one.toFixed(0)} B alone, as ${many.toFixed(0)} B packed: ${(one / many).toFixed(1)} times`,
);
console.log('\nDollars for a terabyte of values');
for (const [name, cost] of ways) {
  const parts = Object.entries(cost).map(([part, amount]) => `${part} ${dollars(amount)}`);
  console.log(`  ${dollars(total(cost)).padStart(8)}  ${name}: ${parts.join(', ')}`);
}
