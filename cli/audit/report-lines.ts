import type { Finding, HoleTally } from '../../lambda/core/audit/finding.ts';
import {
  type AuditReport,
  openFindings,
  type PartitionReport,
} from '../../lambda/core/audit/report.ts';
import { formatCount, formatCounted } from '../counts.ts';
import { tableLines } from '../table.ts';
import { describe } from './acknowledge.ts';

/**
 * What an audit has shown: `proven`, every due offset is stored or explained; `not proven`, some need an operator;
 * `listed`, the brokers were not asked, so that nothing is proven.
 */
export type Verdict = 'proven' | 'not proven' | 'listed';

/** The verdict of a report. */
export function verdictOf(report: AuditReport): Verdict {
  if (openFindings(report).length > 0) return 'not proven';
  return report.claim === 'audited' ? 'proven' : 'listed';
}

/** How commands are named to the reader of a report. */
export interface Advice {
  /** Flags that select the archive, such as ` --stack Shop`; empty for the default. */
  readonly archiveFlags: string;
  /** Whether the command heals already, and need not be told to. */
  readonly isHealing: boolean;
}

/** A report for people, the verdict first. */
export function reportLines(report: AuditReport, advice: Advice): string[] {
  const { fullyListedAt, isFullListing, objectsListed, objectsRead, partitions, startedAt } =
    report;
  const listed = isFullListing ? 'the whole archive of the topic' : 'the recent folders';
  return [
    verdictLine(report),
    '',
    ...tableLines([
      ['PARTITION', 'FROM', 'THROUGH', 'BEHIND', 'STORED', 'DUPLICATES', 'HOLES'],
      ...partitions.map(toRow),
    ]),
    ...findingLines(report, advice),
    '',
    `Listed ${listed}: ${formatCounted(objectsListed, 'object')}, of which ${formatCount(objectsRead)} were read; as of ${startedAt}.`,
    ...(isFullListing || fullyListedAt === undefined
      ? []
      : [
          `Objects that were deleted are noticed when the whole archive is listed: last at ${fullyListedAt}, now with --full.`,
        ]),
  ];
}

function verdictLine(report: AuditReport): string {
  const { partitions, topic } = report;
  const named = `'${topic}'`;
  switch (verdictOf(report)) {
    case 'proven':
      return `Proven: every offset of ${named} ${upTo(partitions)} is stored or explained${exceptions(report)}.`;
    case 'listed':
      return `LISTED, not proven: every batch of ${named} in the archive is whole. The brokers were not asked, so nothing is known about records that never arrived.`;
    case 'not proven': {
      const open = openFindings(report);
      const counts = Map.groupBy(open, (finding) => finding.class);
      const what = [...counts].map(
        ([kind, findings]) => `${formatCount(offsetsOf(findings))} ${kind}`,
      );
      const listing = report.claim === 'listed' ? ' The brokers were not asked.' : '';
      return `NOT PROVEN: offsets of ${named} need an operator: ${what.join(', ')}.${listing}`;
    }
  }
}

/** What is explained, and is not in the archive all the same. */
function exceptions({ partitions }: AuditReport): string {
  const acknowledged = partitions.flatMap(({ findings }) =>
    findings.filter((finding) => finding.acknowledged !== undefined),
  );
  const waiting = partitions.reduce((sum, { holes }) => sum + (holes['failed-batch'] ?? 0), 0);
  const named = [
    ...(acknowledged.length > 0
      ? [`${formatCount(offsetsOf(acknowledged))} are acknowledged as lost`]
      : []),
    ...(waiting > 0
      ? [`${formatCount(waiting)} wait in failed batches, which kafka-archive status lists`]
      : []),
  ];
  return named.map((each) => `; ${each}`).join('');
}

/** `through` is exclusive; people name the last offset that is proven. */
function upTo(partitions: readonly PartitionReport[]): string {
  const [first, ...others] = partitions;
  if (first === undefined || others.length > 0) return 'below THROUGH';
  return `up to ${first.through - 1}`;
}

function offsetsOf(findings: readonly Finding[]): number {
  return findings.reduce((total, { offsets }) => total + offsets, 0);
}

function toRow(partition: PartitionReport): string[] {
  const { duplicates, from, holes, lastStable, stored, through } = partition;
  return [
    ...[partition.partition, from, through].map(String),
    ...[lastStable - through, stored, duplicates].map(formatCount),
    holesOf(holes),
  ];
}

function holesOf(holes: HoleTally): string {
  const named = Object.entries(holes).map(([kind, offsets]) => `${formatCount(offsets)} ${kind}`);
  return named.join(', ') || '-';
}

/** Most findings that are listed; `--json` has all. */
const MOST_FINDINGS = 100;

function findingLines(report: AuditReport, advice: Advice): string[] {
  const { claim, partitions } = report;
  const open = openFindings(report);
  const known = partitions.flatMap(({ findings }) =>
    findings.filter(({ acknowledged }) => acknowledged !== undefined),
  );
  return [
    ...sectionLines('What needs an operator:', open, claim),
    ...sectionLines('Losses that are acknowledged:', known, claim),
    ...adviceLines(report, open, advice),
  ];
}

function sectionLines(
  title: string,
  findings: readonly Finding[],
  claim: AuditReport['claim'],
): string[] {
  if (findings.length === 0) return [];
  const more = findings.length - MOST_FINDINGS;
  const isElsewhere = claim === 'listed' ? 'not asked' : 'no';
  return [
    ...['', title],
    ...tableLines([
      ['RANGE', 'CLASS', 'OFFSETS', 'AT BROKERS', 'SEEN', 'EVIDENCE'],
      ...findings
        .slice(0, MOST_FINDINGS)
        .map((finding) => [
          ...[describe(finding), finding.class, formatCount(finding.offsets)],
          ...[finding.isOnBroker ? 'yes' : isElsewhere, finding.seenAt, evidenceOf(finding)],
        ]),
    ]),
    ...(more > 0 ? [`and ${formatCount(more)} more, which --json lists`] : []),
  ];
}

function evidenceOf({ acknowledged, evidence }: Finding): string {
  if (acknowledged === undefined) return evidence;
  return `${evidence} Acknowledged ${acknowledged.at}: ${acknowledged.reason}`;
}

function adviceLines(
  { claim, topic }: AuditReport,
  open: readonly Finding[],
  { archiveFlags, isHealing }: Advice,
): string[] {
  const command = `  kafka-archive audit${archiveFlags} --topic ${topic}`;
  if (open.length > 0 && claim === 'listed') {
    return [
      '',
      'The brokers may still have them. Ask them, on a host that reaches them, before you accept a loss:',
      command,
    ];
  }
  const lost = open.filter((finding) => finding.class === 'lost');
  const gone = open.find(({ isOnBroker }) => !isOnBroker);
  return [
    ...(!isHealing && lost.some(({ isOnBroker }) => isOnBroker)
      ? [
          '',
          'What is lost and still at the brokers can be archived (a dry run without --yes):',
          `${command} --heal`,
        ]
      : []),
    ...(gone === undefined
      ? []
      : [
          '',
          'What the brokers no longer have is a permanent loss. To accept one, so that it raises no alarm:',
          `${command} --acknowledge ${describe(gone)} --reason '…'`,
        ]),
  ];
}
