import { markdownTable } from '../common/markdown-table.ts';
import { rangeOf, showSpread } from '../common/sample.ts';
import type { DelayRun } from './delay.ts';
import type { PeerName } from './peer.ts';
import type { TreeUsage, Usage } from './process-tree.ts';
import type { ThroughputRun } from './throughput.ts';
import { UNAVAILABLE_DATE, type Unavailable } from './unavailable.ts';

const GB = 1e9;
const MIB = 2 ** 20;

/** The runs of one peer. */
export interface PeerRuns<Run> {
  readonly name: PeerName;
  readonly title: string;
  /** By round; nothing for one that failed. */
  readonly runs: readonly (Run | undefined)[];
}

/** The rounds of all peers, over one topic or under one load. */
export interface Rounds<Run> {
  /** As a heading has it. */
  readonly title: string;
  readonly peers: readonly PeerRuns<Run>[];
}

/** All that a report is about. */
export interface Report {
  /** Machine, programs, date. */
  readonly setting: string;
  readonly topics: readonly Rounds<ThroughputRun>[];
  /** @default - there was no steady load */
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
    `Those that the bench does not try were asked for on ${UNAVAILABLE_DATE}.`,
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
  'CPU-s before',
  'Memory, MiB',
  'Objects per GB',
  'PUTs per GB',
  'Stored, MB per GB',
  'Lost',
  'Doubled',
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
    ['… with the emulator’s pollers', ...nothing(rate), ...taken('all'), ...nothing(rest)],
  ];
}

/** CPU of this archiver divided by that of each other peer, in the same round. */
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
          part === 'function' ? `${title}: the function` : '… with the emulator’s pollers',
          ...others.map((other) => showSpread(rangeOf(ratiosOf(runs, other.runs, part)), 2)),
        ]),
      ),
  );
}

/** CPU of one peer divided by that of another, of each round that both have done. */
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
  return markdownTable(['Peer', 'p50, s', 'p99, s', 'Most, s', 'Records', 'Not stored'], rows);
}

/** How cells tell of runs: by the median of them, or by their sum. */
function cellsOf<Run>(runs: readonly Run[]) {
  return {
    cell: (of: (run: Run) => number, digits = 0) => showSpread(rangeOf(runs.map(of)), digits),
    sum: (of: (run: Run) => number) => count(runs.reduce((total, run) => total + of(run), 0)),
  };
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
