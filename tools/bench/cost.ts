import { flag, readFlags } from '../../cli/flags.ts';
import { print, refuse } from '../../cli/terminal.ts';
import { settingRanges } from '../../lambda/contract.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';
import {
  CONNECT_UNITS,
  fargateTasks,
  PUT_SECONDS,
  packedRecords,
  STREAM_CPU_SHARE,
} from './cost/assumptions.ts';
import {
  type BatchEffort,
  type CostPerTerabyte,
  chargedBytes,
  fargateService,
  firehoseDelivery,
  firehoseFromMsk,
  mskConnect,
  packingWorth,
  s3Delivery,
  s3DeliveryProvisioned,
  total,
  type Workload,
} from './cost/cost.ts';
import { PRICES_DATE, type Price, prices } from './cost/prices.ts';
import { averageRecord } from './scale/average-record.ts';
import { cpuMsOf, fitEffort } from './scale/effort.ts';
import { measured } from './scale/measured.ts';

const HELP = `Reckons what a terabyte of values costs by each way into S3, in us-east-1: from prices as they were looked at,
and from what a batch takes as npm run bench:scale -- --measure has measured it. Prints its inputs.

Usage: npm run bench:cost
`;

const MIB = 1024 * 1024;

/** Bytes of values for which packing is reckoned. */
const PACKED_VALUES = [100, 1000, 4000, 5000, 10_000, 100_000];

/** The bench's orders of 1 KB, full batches. */
const { lineBytes, recordsThatFit: recordsPerBatch, valueBytes } = averageRecord();
const workload: Workload = {
  ...{ lineBytes: Math.round(lineBytes), recordsPerBatch, valueBytes: Math.round(valueBytes) },
  partitionsPerBatch: 1,
  bytesPerSecond: 5 * MIB,
};
const effort = effortOf(workload);
const streamEffort: BatchEffort = { ...effort, cpuSeconds: STREAM_CPU_SHARE * effort.cpuSeconds };
const fargate = fargateService(workload, fargateTasks, 10 * MIB);

const ways: readonly (readonly [name: string, cost: CostPerTerabyte])[] = [
  ['delivery s3, on demand', s3Delivery(workload, effort)],
  ['the same, ten partitions a batch', costOf(10)],
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
  [`MSK Connect, ${CONNECT_UNITS} units (assumed)`, mskConnect(workload, CONNECT_UNITS, 64 * MIB)],
  [`a service on Fargate, ${fargateTasks.tasks} tasks (assumed)`, fargate],
];

/** Of a full batch: its CPU as it was measured, with gzip 6, and waiting as assumed. */
function effortOf({ partitionsPerBatch }: Workload): BatchEffort {
  const cpuMs = cpuMsOf(fitEffort(measured.batches), recordsPerBatch, partitionsPerBatch);
  const memoryMiB = settingRanges.memoryMiB.default;
  return { cpuSeconds: cpuMs / 1000, waitSeconds: PUT_SECONDS, memoryMiB };
}

function costOf(partitionsPerBatch: number): CostPerTerabyte {
  const spread = { ...workload, partitionsPerBatch };
  return s3Delivery(spread, effortOf(spread));
}

/** The most partitions in a full batch with which delivery s3 costs no more. */
function partitionsWorth(cost: CostPerTerabyte): number {
  let partitions = 0;
  while (total(costOf(partitions + 1)) <= total(cost)) partitions += 1;
  return partitions;
}

const dollars = (amount: number): string => `$${amount.toFixed(2)}`;

function printInputs(): void {
  print(`Prices of us-east-1, ${PRICES_DATE}; * not verified in a page of AWS`);
  for (const [name, price] of Object.entries<Price>(prices)) {
    const mark = price.isVerified ? ' ' : '*';
    const amount = Number(price.dollars.toPrecision(6));
    print(`  ${mark} ${name}: $${amount} per ${price.per}, ${price.source}`);
  }
  print(`\nWorkload: ${JSON.stringify(workload)}`);
  print(`A batch, delivery s3: ${JSON.stringify(effort)}`);
  print(`A batch, delivery firehose: ${JSON.stringify(streamEffort)}`);
}

function printPacking(): void {
  const packed = packedRecords.recordBytes;
  const [one, many] = [workload.lineBytes, packed].map((bytes) =>
    chargedBytes(workload.lineBytes, bytes).toFixed(0),
  );
  print(
    `\nFirehose charges a line of ${workload.lineBytes} B as ${one} B alone, as ${many} B packed`,
  );
  const envelope = workload.lineBytes - workload.valueBytes;
  const worth = PACKED_VALUES.map((bytes) => {
    const times = packingWorth(bytes + envelope, packed).toFixed(1);
    return `${bytes.toLocaleString('en')} B ${times}`;
  });
  print(`Times as much alone as packed, by the size of a value: ${worth.join(', ')}`);
}

function printWays(): void {
  print('\nDollars for a terabyte of values');
  for (const [name, cost] of ways) {
    const parts = Object.entries(cost).map(([part, amount]) => `${part} ${dollars(amount)}`);
    print(`  ${dollars(total(cost)).padStart(8)}  ${name}: ${parts.join(', ')}`);
  }
  print(
    `\nDelivery s3 on demand costs no more than that service with up to ${partitionsWorth(fargate)} partitions in a full batch`,
  );
}

try {
  const { help } = readFlags(process.argv.slice(2), { help: flag });
  if (help) print(HELP);
  else {
    printInputs();
    printPacking();
    printWays();
  }
} catch (error) {
  refuse(error, ArchiverError);
}
