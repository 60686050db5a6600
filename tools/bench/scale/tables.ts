import { markdownTable } from '../common/markdown-table.ts';
import { total } from '../cost/cost.ts';
import { cpuMsOf, type EffortModel, logBytesOf, type MeasuredBatch } from './effort.ts';
import { limits } from './limits.ts';
import {
  type Bound,
  type ScaleInputs,
  type ScaleLoad,
  type ScalePlan,
  SECONDS_A_MONTH,
  scaleLoad,
  topicBounds,
  trafficBounds,
} from './model.ts';

/** What rows vary, and by which numbers. */
export const growth = {
  records: [1, 10, 100, 1000, 4000, 10_000],
  partitions: [1, 10, 100, 1000],
  topics: [1, 2, 5, 10, 50, 100],
  traffic: [100, 1000, 10_000, 100_000, 1_000_000],
  /** Records a second that one poller reads, and seconds that it waits. */
  rates: [0.1, 1, 10, 100, 1000],
  windows: [0.5, 10, 60, 300],
  memoryMiB: [512, 1024, 1769, 3008],
} as const;

/** A number as a reader can take it in: three or four digits that count. */
export function figure(value: number): string {
  if (value >= 1000) return Number(value.toPrecision(4)).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}

function dollars(amount: number): string {
  return `$${amount >= 100 ? figure(amount) : amount.toFixed(2)}`;
}

const loadHead = [
  ...['Invocations/s', 'million a month', 'CPU ms', 'Seconds each', 'At a time'],
  ...['million GB-s a month', 'PUTs/s'],
];

function loadCells(load: ScaleLoad): string[] {
  return [
    figure(load.invocationsPerSecond),
    figure(load.invocationsPerMonth / 1e6),
    figure(load.cpuSeconds * 1000),
    figure(load.seconds),
    figure(load.concurrency),
    figure(load.gbSecondsPerMonth / 1e6),
    figure(load.putsPerSecond),
  ];
}

const costHead = [
  ...['PUTs a GB', '$/TB', 'Functions', 'PUTs', 'Logs'],
  ...['Pollers', 'Units', '$/TB with units'],
];

function costCells(load: ScaleLoad): string[] {
  const of = (part: string) => load.dollarsPerTerabyte[part] ?? 0;
  return [
    figure(load.putsPerGb),
    dollars(total(load.dollarsPerTerabyte)),
    dollars(of('Lambda, time') + of('Lambda, invocations')),
    dollars(of('S3, PUTs')),
    dollars(of('CloudWatch, logs')),
    figure(load.pollers),
    String(load.unitsGrouped),
    dollars(total(load.dollarsProvisioned)),
  ];
}

/** `puts, at 3,500/s`: the limit that binds first, and the records a second that it allows. */
function boundCell([first]: readonly Bound[]): string {
  return first === undefined ? '' : `${first.name}, at ${figure(first.most)}/s`;
}

/** The load of each number of records in a batch. */
export function recordsTable(inputs: ScaleInputs, plan: ScalePlan): string {
  const rows = growth.records.map((recordsPerBatch) => {
    const own = { ...plan, recordsPerBatch };
    const load = scaleLoad(inputs, own);
    const counts = [recordsPerBatch, load.recordsPerBatch].map(figure);
    return [...counts, ...loadCells(load), boundCell(trafficBounds(inputs, own))];
  });
  return markdownTable(['Records', 'That fit', ...loadHead, 'Binds first'], rows);
}

/** The cost of each number of records in a batch. */
export function recordsCostTable(inputs: ScaleInputs, plan: ScalePlan): string {
  const rows = growth.records.map((recordsPerBatch) => [
    figure(recordsPerBatch),
    ...costCells(scaleLoad(inputs, { ...plan, recordsPerBatch })),
  ]);
  return markdownTable(['Records', ...costHead], rows);
}

/** Each number of partitions in a batch, with each number of records that has so many. */
export function partitionsTable(inputs: ScaleInputs, plan: ScalePlan): string {
  const rows = growth.partitions.flatMap((partitionsPerBatch) =>
    growth.partitions
      .filter((recordsPerBatch) => recordsPerBatch >= partitionsPerBatch)
      .map((recordsPerBatch) => {
        const own = { ...plan, partitionsPerBatch, recordsPerBatch };
        const load = scaleLoad(inputs, own);
        return [
          ...[partitionsPerBatch, recordsPerBatch].map(figure),
          ...loadCells(load),
          figure(load.putsPerGb),
          dollars(total(load.dollarsPerTerabyte)),
          boundCell(trafficBounds(inputs, own)),
        ];
      }),
  );
  const head = ['Partitions', 'Records', ...loadHead, 'PUTs a GB', '$/TB', 'Binds first'];
  return markdownTable(head, rows);
}

/** What a poller gathers in a window, from so much traffic, and what that costs. */
export function windowTable(inputs: ScaleInputs, plan: ScalePlan): string {
  const rows = growth.rates.map((rate) => [
    figure(rate),
    ...growth.windows.map((window) => {
      const recordsPerBatch = gathered(rate, window, plan.recordsPerBatch);
      const own = { ...plan, recordsPerSecond: rate, recordsPerBatch };
      const load = scaleLoad(inputs, own);
      return `${figure(load.recordsPerBatch)}: ${dollars(total(load.dollarsPerTerabyte))}`;
    }),
  ]);
  return markdownTable(['Records/s', ...growth.windows.map((window) => `${window} s`)], rows);
}

/** Records of a batch that closes at so many, or after so many seconds. */
function gathered(recordsPerSecond: number, window: number, most: number): number {
  return Math.max(1, Math.min(most, Math.floor(recordsPerSecond * window)));
}

/** A row for each number of topics that share the traffic. */
export function topicsTable(inputs: ScaleInputs, plan: ScalePlan, batchWindow: number): string {
  const rows = growth.topics.map((topics) => {
    const perTopic = plan.recordsPerSecond / topics;
    const recordsPerBatch = gathered(perTopic, batchWindow, plan.recordsPerBatch);
    const own = { ...plan, topics, recordsPerBatch };
    const load = scaleLoad(inputs, own);
    return [
      String(topics),
      figure(perTopic),
      figure(load.recordsPerBatch),
      figure(load.recordsPerBatch / perTopic),
      figure(load.concurrency),
      dollars(total(load.dollarsPerTerabyte)),
      figure(load.pollers),
      ...[load.units, load.unitsGrouped].map(String),
      dollars(load.metricDollarsPerMonth),
      figure(Math.ceil(inputs.resources.stack + inputs.resources.topic * topics)),
    ];
  });
  return markdownTable(
    [
      ...['Topics', 'Records/s each', 'Records a batch', 'Seconds to fill', 'At a time', '$/TB'],
      ...['Pollers', 'Units', 'in groups', 'Metrics a month', 'Resources'],
    ],
    rows,
  );
}

/** A row for each amount of traffic. */
export function trafficTable(inputs: ScaleInputs, plan: ScalePlan): string {
  const rows = growth.traffic.map((recordsPerSecond) => {
    const load = scaleLoad(inputs, { ...plan, recordsPerSecond });
    const mb = (recordsPerSecond * inputs.valueBytes) / 1e6;
    const dollarsPerMonth =
      (total(load.dollarsPerTerabyte) * recordsPerSecond * inputs.valueBytes * SECONDS_A_MONTH) /
      1e12;
    return [
      ...[recordsPerSecond, mb].map(figure),
      ...loadCells(load),
      dollars(dollarsPerMonth),
      ...[load.pollers, load.unitsGrouped].map(String),
      dollars(total(load.dollarsProvisioned)),
    ];
  });
  const costs = ['$ a month', 'Pollers', 'Units', '$/TB with units'];
  return markdownTable(['Records/s', 'MB/s', ...loadHead, ...costs], rows);
}

/** A row for each size of the function: CPU comes with memory, up to a whole one. */
export function memoryTable(inputs: ScaleInputs, plan: ScalePlan): string {
  const rows = growth.memoryMiB.map((memoryMiB) => {
    const load = scaleLoad({ ...inputs, memoryMiB }, plan);
    return [
      figure(memoryMiB),
      figure(load.seconds),
      figure(load.gbSecondsPerMonth / 1e6),
      dollars(load.dollarsPerTerabyte['Lambda, time'] ?? 0),
      dollars(total(load.dollarsPerTerabyte)),
    ];
  });
  const head = ['memoryMiB', 'Seconds each', 'million GB-s a month', 'Lambda, time', '$/TB'];
  return markdownTable(head, rows);
}

/** Each limit with what it allows, the one that binds first in front. */
export function boundsTable(inputs: ScaleInputs, plan: ScalePlan): string {
  const row =
    (of: string) =>
    ({ name, most }: Bound) => {
      const limit = limits[name];
      const mark = limit.isVerified ? '' : ' *';
      return [
        `${name}${mark}`,
        `${limit.most.toLocaleString('en')} ${limit.of}`,
        `${figure(most)} ${of}`,
      ];
    };
  return markdownTable(
    ['Limit', 'Is', 'Allows'],
    [
      ...trafficBounds(inputs, plan).map(row('records/s')),
      ...topicBounds(inputs, plan).map(row('topics')),
    ],
  );
}

/** The measured batches, with what the model makes of them. */
export function effortTable(batches: readonly MeasuredBatch[], effort: EffortModel): string {
  const rows = batches.map(({ cpuMs, logBytes, objects, records }) => [
    ...[records, objects].map((count) => count.toLocaleString('en')),
    figure(cpuMs),
    figure(cpuMsOf(effort, records, objects)),
    figure(logBytes),
    figure(logBytesOf(effort, objects)),
  ]);
  return markdownTable(
    ['Records', 'Objects', 'CPU ms', 'by the model', 'Logged bytes', 'by the model'],
    rows,
  );
}
