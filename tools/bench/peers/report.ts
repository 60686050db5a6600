import { markdownTable } from '../common/markdown-table.ts';
import { rangeOf, showSpread } from '../common/sample.ts';
import type { DelayRun } from './delay.ts';
import type { PeerName } from './peer.ts';
import type { TreeUsage, Usage } from './process-tree.ts';
import type { ThroughputRun } from './throughput.ts';

const GB = 1e9;
const MIB = 2 ** 20;

/** A peer that did not run, and the reason. */
export interface Unavailable {
  readonly title: string;
  /** The message of the registry, the build or the run. */
  readonly reason: string;
}

/** The day on which {@link unavailable} were last looked for. */
const UNAVAILABLE_DATE = '2026-11-25';

/** Peers that a reader would expect and that the bench does not try to run: the results of trying by hand. */
export const unavailable: readonly Unavailable[] = [
  {
    title: 'Redpanda Connect 4 (Go)',
    reason:
      'could not be downloaded; its module as a whole has no open-source licence either. Benthos stands in for it',
  },
  {
    title: 'Bento 1.12.0, 1.14.0 (Go)',
    reason: 'could not be downloaded',
  },
  {
    title:
      'OpenTelemetry Collector, with kafkareceiver and awss3exporter 0.161.0, 0.165.0, 0.165.1 (Go)',
    reason: 'awss3exporter could not be downloaded; kafkareceiver could',
  },
  {
    title:
      'Kafka Connect with the S3 sinks of Aiven, Lenses, Confluent, spredfast, Camel (camel-aws-s3-sink)',
    reason: 'Maven: not found, for each version tried; Confluent’s is not open source',
  },
];

/** The runs of one peer. */
export interface PeerRuns<Run> {
  readonly name: PeerName;
  readonly title: string;
  /** By round; undefined for a failed run. */
  readonly runs: readonly (Run | undefined)[];
}

/** The rounds of all peers over one topic or under one load. */
export interface Rounds<Run> {
  /** The heading. */
  readonly title: string;
  readonly peers: readonly PeerRuns<Run>[];
}

/** The contents of a report. */
export interface Report {
  /** Date, machine and rounds. */
  readonly setting: string;
  readonly topics: readonly Rounds<ThroughputRun>[];
  /** @default - no steady load was run */
  readonly delay: Rounds<DelayRun> | undefined;
  readonly unavailable: readonly Unavailable[];
}

/** The report, in Markdown. */
export function renderReport({ delay, setting, topics, unavailable }: Report): string {
  return [
    setting,
    ...topics.flatMap((topic) => [`### ${topic.title}`, throughputTable(topic), ratioTable(topic)]),
    ...(delay === undefined ? [] : [`### ${delay.title}`, delayTable(delay)]),
    '### Not run',
    `Peers that the bench does not try were looked for on ${UNAVAILABLE_DATE}.`,
    unavailable.map(({ reason, title }) => `- ${title}: ${reason}`).join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

const throughputHead = [
  'Peer',
  'Records/s',
  'MB/s',
  'CPU-s per GB',
  'CPU-s at start',
  'Memory, MiB',
  'Objects per GB',
  'PUTs per GB',
  'Stored, MB per GB',
  'Lost',
  'Duplicated',
  'Values changed',
];

function throughputTable({ peers }: Rounds<ThroughputRun>): string {
  return markdownTable(throughputHead, peers.flatMap(peerRows));
}

function peerRows({ runs, title }: PeerRuns<ThroughputRun>): string[][] {
  const done = runs.filter((run) => run !== undefined);
  if (done.length === 0) return [];
  const { cell, sum } = cellsOf(done);
  const perGb = (run: ThroughputRun, amount: number) => (amount / run.valueBytes) * GB;
  const taken = (part: keyof TreeUsage) => [
    cell((run) => perGb(run, run.work[part].cpuSeconds), 1),
    cell((run) => run.start[part].cpuSeconds, 1),
    cell((run) => run.work[part].peakBytes / MIB),
  ];
  const rest = [
    cell((run) => perGb(run, run.objects)),
    cell((run) => perGb(run, run.puts)),
    cell((run) => perGb(run, run.bytesStored) / 1e6),
    sum(({ verdict }) => verdict.lost),
    sum(({ verdict }) => verdict.doubled),
    sum(({ verdict }) => verdict.rewritten),
  ];
  const rate = [
    cell(({ recordsPerSecond }) => recordsPerSecond),
    cell(({ bytesPerSecond }) => bytesPerSecond / 1e6, 1),
  ];
  if (done.every((run) => !hasWorked(run.work.function))) {
    return [[title, ...rate, ...taken('all'), ...rest]];
  }
  const nothing = (cells: readonly string[]) => cells.map(() => '');
  return [
    [`${title}: the function`, ...rate, ...taken('function'), ...rest],
    ['… with the local pollers', ...nothing(rate), ...taken('all'), ...nothing(rest)],
  ];
}

/** CPU of this archiver divided by that of each other peer in the same round. */
function ratioTable({ peers }: Rounds<ThroughputRun>): string {
  const isOurs = ({ name }: PeerRuns<ThroughputRun>) => name.startsWith('archiver');
  const done = peers.filter(({ runs }) => runs.some((run) => run !== undefined));
  const others = done.filter((peer) => !isOurs(peer));
  if (others.length === 0 || !done.some(isOurs)) return '';
  return markdownTable(
    ['CPU, each pair from one round', ...others.map(({ title }) => `÷ ${title}`)],
    done
      .filter(isOurs)
      .flatMap(({ runs, title }) =>
        (['function', 'all'] as const).map((part) => [
          part === 'function' ? `${title}: the function` : '… with the local pollers',
          ...others.map((other) => showSpread(rangeOf(ratiosOf(runs, other.runs, part)), 2)),
        ]),
      ),
  );
}

/** CPU of one peer divided by that of another, for each round that both completed. */
export function ratiosOf(
  ours: PeerRuns<ThroughputRun>['runs'],
  theirs: PeerRuns<ThroughputRun>['runs'],
  part: keyof TreeUsage,
): number[] {
  return ours.flatMap((run, round) => {
    const other = theirs[round];
    if (run === undefined || other === undefined) return [];
    return [run.work[part].cpuSeconds / other.work.all.cpuSeconds];
  });
}

function hasWorked({ cpuSeconds }: Usage): boolean {
  return cpuSeconds > 0;
}

function delayTable({ peers }: Rounds<DelayRun>): string {
  const rows = peers.flatMap(({ runs, title }) => {
    const done = runs.filter((run) => run !== undefined);
    if (done.length === 0) return [];
    const { cell, sum } = cellsOf(done);
    const seconds = (['p50', 'p99', 'most'] as const).map((name) =>
      cell((run) => run[name] / 1000, 2),
    );
    return [[title, ...seconds, sum(({ records }) => records), sum((run) => run.notStored)]];
  });
  return markdownTable(['Peer', 'p50, s', 'p99, s', 'Max, s', 'Records', 'Not stored'], rows);
}

/** Cells of several runs: the median with the range, or the sum. */
function cellsOf<Run>(runs: readonly Run[]) {
  return {
    cell: (of: (run: Run) => number, digits = 0) => showSpread(rangeOf(runs.map(of)), digits),
    sum: (of: (run: Run) => number) => count(runs.reduce((total, run) => total + of(run), 0)),
  };
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
