import { flag, readFlags, text, wholeNumber } from '../../cli/flags.ts';
import { print, refuse } from '../../cli/terminal.ts';
import { metricNames, settingRanges, stackMetricNames } from '../../lambda/contract.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';
import { machine } from './common/machine.ts';
import { PUT_SECONDS, packedRecords, STREAM_CPU_SHARE } from './cost/assumptions.ts';
import { firehoseDelivery, total } from './cost/cost.ts';
import { averageRecord } from './scale/average-record.ts';
import { fitEffort } from './scale/effort.ts';
import { LIMITS_DATE, type Limit, limits, poller } from './scale/limits.ts';
import { type Measured, measured } from './scale/measured.ts';
import { recordsWorth, type ScaleInputs, type ScalePlan, scaleLoad } from './scale/model.ts';
import { measureStackSize } from './scale/stack-size.ts';
import { measureBatches } from './scale/sweep.ts';
import {
  boundsTable,
  effortTable,
  memoryTable,
  partitionsTable,
  recordsCostTable,
  recordsTable,
  topicsTable,
  trafficTable,
  windowTable,
} from './scale/tables.ts';

const HELP = `Reckons how load and cost grow with records in a batch, partitions, topics and traffic, up to where limits of AWS
bind: a model, not a measurement. What a batch takes is measured: by --measure, which takes half a minute,
before a local S3 server; without it, the last measurement that was written down. Tables are Markdown.

Usage: npm run bench:scale -- [options]

  --measure              measure batches and the stack anew, and reckon with that
  --records-per-second N traffic of 1 KB values (default 5000)
`;

const ranges = { 'records-per-second': { min: 1, max: 10_000_000, default: 5000 } } as const;

/** Not emitted with `delivery: s3`. */
const streamMetrics: readonly string[] = [metricNames.streamRecords, metricNames.streamRejections];

function inputsOf({ batches, resources }: Measured): ScaleInputs {
  const topic = Object.values(metricNames).filter((name) => !streamMetrics.includes(name)).length;
  return {
    ...averageRecord(),
    effort: fitEffort(batches),
    memoryMiB: settingRanges.memoryMiB.default,
    maxParallelPuts: settingRanges.maxParallelPuts.default,
    putSeconds: PUT_SECONDS,
    resources,
    metrics: { stack: stackMetricNames.length, topic },
  };
}

async function measure(): Promise<Measured> {
  const on = `${new Date().toISOString().slice(0, 10)}, ${machine()}`;
  return { on, batches: await measureBatches(), resources: measureStackSize() };
}

function printInputs({ batches, on }: Measured, inputs: ScaleInputs): void {
  print(`## Measured: ${on}\n`);
  print(effortTable(batches, inputs.effort));
  print('\n## Inputs\n');
  print(JSON.stringify(inputs, undefined, 2));
  print(`\n## Limits, ${LIMITS_DATE}; * not verified in a page of AWS\n`);
  for (const [name, limit] of Object.entries<Limit>(limits)) {
    const mark = limit.isVerified ? ' ' : '*';
    const more = limit.isAdjustable ? ', more on request' : '';
    print(`${mark} ${name}: ${limit.most} ${limit.of}${more}, ${limit.source}`);
  }
  print(`  a poller: ${JSON.stringify(poller)}`);
}

function printTables(inputs: ScaleInputs, plan: ScalePlan): void {
  const { recordsPerSecond } = plan;
  const window = settingRanges.batchWindow.default;
  const full = { ...plan, recordsPerBatch: settingRanges.batchSize.max };
  const traffic = `${recordsPerSecond.toLocaleString('en')} records/s`;
  print(`\n## Records in a batch, of one partition; ${traffic}\n`);
  print(recordsTable(inputs, plan));
  print(`\n${recordsCostTable(inputs, plan)}`);
  print(`\n## Partitions in a batch; ${traffic}\n`);
  print(partitionsTable(inputs, plan));
  print(`\n## Topics; ${traffic} in all, a batch window of ${window} s, one partition a batch\n`);
  print(topicsTable(inputs, full, window));
  print('\n## Records that a poller gathers in a window, and $/TB; one partition a batch\n');
  print(windowTable(inputs, full));
  print('\n## Traffic, full batches of one partition\n');
  print(trafficTable(inputs, full));
  print(`\n## Memory, full batches of one partition; ${traffic}\n`);
  print(memoryTable(inputs, full));
  print('\n## What binds, full batches of one partition\n');
  print(boundsTable(inputs, full));
  print('\n## What binds, full batches of a hundred partitions\n');
  print(boundsTable(inputs, { ...full, partitionsPerBatch: 100 }));
  printFirehose(inputs, full);
}

/** From which size of batches on Firehose is no cheaper. */
function printFirehose(inputs: ScaleInputs, plan: ScalePlan): void {
  const load = scaleLoad(inputs, plan);
  const { lineBytes, memoryMiB, putSeconds, valueBytes } = inputs;
  const workload = {
    ...{ valueBytes, lineBytes, recordsPerBatch: load.recordsPerBatch, partitionsPerBatch: 1 },
    bytesPerSecond: plan.recordsPerSecond * valueBytes,
  };
  const cpuSeconds = STREAM_CPU_SHARE * load.cpuSeconds;
  const effort = { cpuSeconds, waitSeconds: putSeconds, memoryMiB };
  print('\n## Delivery firehose, full batches\n');
  for (const isPartitioned of [true, false]) {
    const use = { ...packedRecords, isPartitioned };
    const dollars = total(firehoseDelivery(workload, effort, use));
    const from = [1, 10, 100].map((partitionsPerBatch) => {
      const records = recordsWorth(inputs, { ...plan, partitionsPerBatch }, dollars);
      return `${records?.toLocaleString('en') ?? 'none'} with ${partitionsPerBatch}`;
    });
    const folders = isPartitioned ? 'folders by topic and hour' : 'one folder';
    print(
      `${folders}: $${dollars.toFixed(2)}/TB; objects of one's own cost no more from batches of so many records on, by partitions in a batch: ${from.join(', ')}`,
    );
  }
}

try {
  const given = readFlags(process.argv.slice(2), {
    ...{ measure: flag, 'records-per-second': text, help: flag },
  });
  const name = 'records-per-second';
  const recordsPerSecond = wholeNumber(ranges, name, given[name]);
  if (given.help) print(HELP);
  else {
    const found = given.measure ? await measure() : measured;
    const inputs = inputsOf(found);
    printInputs(found, inputs);
    printTables(inputs, { recordsPerSecond, topics: 1, recordsPerBatch: 1, partitionsPerBatch: 1 });
    if (given.measure) print(`\n## For tools/bench/scale/measured.ts\n\n${JSON.stringify(found)}`);
  }
} catch (error) {
  refuse(error, ArchiverError);
}
