import { createCommand, run } from '../../cli/command.ts';
import { print, printError } from '../../cli/terminal.ts';
import { markdownTable } from './common/markdown-table.ts';
import { averageRecord } from './cost/average-record.ts';
import {
  type BatchEffort,
  type CostPerTerabyte,
  chargedBytes,
  fargateService,
  firehoseDelivery,
  firehoseFromMsk,
  mskConnect,
  objectsOf,
  packingWorth,
  s3Delivery,
  s3DeliveryProvisioned,
  total,
  type Workload,
} from './cost/cost.ts';
import { CONNECT_UNITS, effortOf, fargateTasks, measured, packedChunks } from './cost/inputs.ts';
import { PRICES_DATE, type Price, prices } from './cost/prices.ts';

const MIB = 1024 * 1024;

/** Sizes of values for which the worth of packing is printed. */
const PACKED_VALUES = [100, 1000, 4000, 5000, 10_000, 100_000];

/** Partitions in a batch, and records in it, for which `delivery: s3` is priced. */
const PARTITIONS = [1, 10, 100];

/** The most partitions for which the comparison with Fargate is made. */
const MAX_PARTITIONS = 200;

const RECORDS = [1, 10, 100, 1000];

const { lineBytes, recordsThatFit, valueBytes } = averageRecord();

/** Full batches of the bench's orders of 1 KB. */
const workload: Workload = {
  ...{ lineBytes, valueBytes, recordsPerBatch: recordsThatFit, partitionsPerBatch: 1 },
  bytesPerSecond: 5 * MIB,
};
const effort = effortOf(recordsThatFit, objectsOf(1));
const streamEffort: BatchEffort = {
  ...effort,
  cpuSeconds: measured.streamCpuShare * effort.cpuSeconds,
};
const firehose = firehoseDelivery(workload, streamEffort, packedChunks);
const oneFolder = firehoseDelivery(workload, streamEffort, {
  ...packedChunks,
  isPartitioned: false,
});
const fargate = fargateService(workload, fargateTasks, 10 * MIB);

const ways: readonly (readonly [name: string, cost: CostPerTerabyte])[] = [
  ['delivery s3, on demand', batchCost(recordsThatFit, 1)],
  ['the same, ten partitions a batch', batchCost(recordsThatFit, 10)],
  ['delivery s3, provisioned', s3DeliveryProvisioned(workload, effort)],
  ['delivery firehose, folders by topic and hour', firehose],
  ['delivery firehose, one folder', oneFolder],
  [
    'Firehose, one line a record',
    firehoseDelivery(workload, streamEffort, { ...packedChunks, chunkBytes: lineBytes }),
  ],
  ['Firehose with MSK as its source', firehoseFromMsk(64 * MIB)],
  [`MSK Connect, ${CONNECT_UNITS} units (assumed)`, mskConnect(workload, CONNECT_UNITS, 64 * MIB)],
  [`a service on Fargate, ${fargateTasks.tasks} tasks (assumed)`, fargate],
];

/** `delivery: s3` on demand, with as many records and objects as a batch can have. */
function batchCost(records: number, partitions: number): CostPerTerabyte {
  const recordsPerBatch = Math.min(records, recordsThatFit);
  const partitionsPerBatch = Math.min(partitions, recordsPerBatch);
  const batch = { ...workload, recordsPerBatch, partitionsPerBatch };
  return s3Delivery(batch, effortOf(recordsPerBatch, objectsOf(partitionsPerBatch)));
}

/** The fewest records in a batch from which `delivery: s3` costs no more, if a batch can hold that many. */
function recordsWorth(cost: CostPerTerabyte, partitions: number): string {
  for (let records = partitions; records <= recordsThatFit; records++) {
    if (total(batchCost(records, partitions)) <= total(cost)) return records.toLocaleString('en');
  }
  return 'never';
}

/** The most partitions in a full batch with which `delivery: s3` costs no more. */
function partitionsWorth(cost: CostPerTerabyte): number {
  let partitions = 0;
  while (
    partitions < MAX_PARTITIONS &&
    total(batchCost(recordsThatFit, partitions + 1)) <= total(cost)
  ) {
    partitions += 1;
  }
  return partitions;
}

const dollars = (amount: number): string =>
  `$${amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;

function printInputs(): void {
  print(`Prices of us-east-1 on ${PRICES_DATE}; those marked * were not verified on an AWS page\n`);
  for (const [name, price] of Object.entries<Price>(prices)) {
    const mark = price.isVerified ? ' ' : '*';
    const amount = Number(price.dollars.toPrecision(6));
    print(`  ${mark} ${name}: $${amount} per ${price.per}, ${price.source}`);
  }
  print(`\nWorkload: ${JSON.stringify(workload)}`);
  print(`A batch with delivery s3: ${JSON.stringify(effort)}`);
  print(`A batch with delivery firehose: ${JSON.stringify(streamEffort)}`);
}

function printWays(): void {
  const rows = ways.map(([name, cost]) => [
    ...[name, dollars(total(cost))],
    Object.entries(cost)
      .map(([item, amount]) => `${item} ${dollars(amount)}`)
      .join('; '),
  ]);
  print(`\nA terabyte of values\n\n${markdownTable(['Way', '$/TB', 'Of which'], rows)}`);
  const most = partitionsWorth(fargate);
  const limit = most < MAX_PARTITIONS ? `up to ${most}` : 'any number of';
  print(`\nOn demand, delivery s3 costs no more than Fargate with ${limit} partitions a batch`);
  const objects = PARTITIONS.map(
    (partitions) => `${partitions}: ${objectsOf(partitions).toFixed(2)}`,
  );
  print(`Objects a batch, by partitions: ${objects.join(', ')}`);
  const ratio = total(batchCost(recordsThatFit, 10)) / total(batchCost(recordsThatFit, 1));
  print(`ratio ten/one=${ratio.toFixed(2)}`);
}

function printBatches(): void {
  const rows = [...RECORDS, recordsThatFit].map((records) => [
    records.toLocaleString('en'),
    ...PARTITIONS.map((partitions) =>
      partitions > records ? '' : dollars(total(batchCost(records, partitions))),
    ),
  ]);
  const head = ['Records a batch', ...PARTITIONS.map((partitions) => `$/TB, ${partitions} part.`)];
  print(`\nDelivery s3 on demand, by partitions in a batch\n\n${markdownTable(head, rows)}`);
  print('\nRecords a batch from which delivery s3 costs no more than Firehose\n');
  const worth = PARTITIONS.map((partitions) => [
    String(partitions),
    ...[firehose, oneFolder].map((cost) => recordsWorth(cost, partitions)),
  ]);
  print(markdownTable(['Partitions a batch', 'Folders by topic and hour', 'One folder'], worth));
}

function printPacking(): void {
  const { chunkBytes } = packedChunks;
  const [alone, packed] = [lineBytes, chunkBytes].map((bytes) =>
    chargedBytes(lineBytes, bytes).toFixed(0),
  );
  print(
    `\nFirehose charges a line of ${lineBytes} B as ${alone} B on its own and as ${packed} B packed`,
  );
  const worth = PACKED_VALUES.map((bytes) => {
    const times = packingWorth(bytes + lineBytes - valueBytes, chunkBytes).toFixed(1);
    return `${bytes.toLocaleString('en')} B ${times}`;
  });
  print(`Times as much unpacked as packed, by the size of a value: ${worth.join(', ')}`);
}

const command = createCommand(
  'npm run bench:cost --',
  `Computes what it costs to archive a terabyte of values in us-east-1 by each way into S3, and by \
records and partitions in a batch. Prints its inputs, which are prices and the measured effort \
of a batch, and Markdown tables.`,
).action(() => {
  printInputs();
  printWays();
  printBatches();
  printPacking();
});

process.exitCode = await run(command, process.argv.slice(2), { print, printError });
