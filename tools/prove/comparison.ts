import { type Finding, type HoleClass, holeClasses } from '../../lambda/core/audit/finding.ts';
import type { AuditReport, PartitionReport } from '../../lambda/core/audit/report.ts';
import { type PartitionFacts, placeOf, type TopicFacts } from './facts.ts';
import type { Judged, Verdict } from './oracle.ts';

/** Classes whose holes are counted and not listed one by one. */
const counted: readonly HoleClass[] = ['transaction-mark', 'aborted', 'compacted', 'filtered'];

/** What a report must say. */
export interface Expected extends Pick<Judged, 'due' | 'others' | 'verdicts'> {
  readonly facts: TopicFacts;
}

/** What a report says that the oracle does not, in words; empty if they agree on every offset. */
export function differences(
  report: AuditReport,
  { due, facts, others, verdicts }: Expected,
): string[] {
  const { partitions } = facts;
  const problems = partitions.flatMap((each, partition) => {
    const of = report.partitions.find((found) => found.partition === partition);
    if (of === undefined) return [`partition ${partition} is not in the report`];
    return comparePartition(of, each, { due, others, verdicts }).map(
      (text) => `partition ${partition}: ${text}`,
    );
  });
  const known = new Set(partitions.keys());
  for (const { findings, partition } of report.partitions) {
    if (known.has(partition)) continue;
    for (const { class: kind, first, last } of findings) {
      problems.push(`partition ${partition} does not exist: ${kind} ${first}-${last}`);
    }
  }
  return problems;
}

function comparePartition(
  report: PartitionReport,
  facts: PartitionFacts,
  { due, others, verdicts }: Omit<Expected, 'facts'>,
): string[] {
  const { findings, from, holes, partition, stored, through } = report;
  const problems: string[] = [];
  const wanted = due.get(partition) ?? 0;
  if (through !== wanted) problems.push(`through is ${through}, not ${wanted}`);
  const expected = new Map<Verdict, number[]>();
  const otherEnd = others.get(partition) ?? 0;
  const end = Math.max(facts.offsets.length, otherEnd);
  for (let offset = from; offset < end; offset += 1) {
    const known = verdicts.get(placeOf(partition, offset)) as Verdict;
    const verdict = known === 'expired-unread' ? eitherOf(findings, offset) : known;
    if (verdict === 'stored' && offset >= wanted) continue;
    expected.set(verdict, [...(expected.get(verdict) ?? []), offset]);
  }
  const all = expected.get('stored')?.length ?? 0;
  if (stored !== all) problems.push(`stored is ${stored}, not ${all}`);
  for (const kind of holeClasses) {
    if (kind === 'not-yet') continue;
    const offsets = expected.get(kind) ?? [];
    const count = holes[kind] ?? 0;
    if (count !== offsets.length) {
      problems.push(`${kind}: ${count} holes, not ${offsets.length} (${offsets})`);
    }
    // What it holds is all of another topic, stored or not.
    if (counted.includes(kind) || kind === 'another-life') continue;
    const ranges = united(findings.filter((finding) => finding.class === kind));
    for (const { first, last, offsets: claimed } of ranges) {
      const inside = offsets.filter((offset) => first <= offset && offset <= last).length;
      if (inside !== claimed) {
        problems.push(`${kind} ${first}-${last}: ${claimed} offsets, not ${inside} (${offsets})`);
      }
    }
    const missed = offsets.filter(
      (offset) => !ranges.some(({ first, last }) => first <= offset && offset <= last),
    );
    if (missed.length > 0) problems.push(`${kind}: no finding has ${missed}`);
  }
  const lives = findings.filter(({ class: kind }) => kind === 'another-life');
  const found = lives.map(({ first, last }) => `${first}-${last}`).join(' ');
  const wantedLife = otherEnd > from ? `${from}-${otherEnd - 1}` : '';
  if (found !== wantedLife) problems.push(`another life: ${found}, not ${wantedLife}`);
  for (const { class: kind, first, last } of findings) {
    // Two topics of the same name may have stored under the same key.
    if (kind === 'conflict' && last >= otherEnd) problems.push(`a conflict at ${first}-${last}`);
  }
  return problems;
}

/** Which of the two an audit calls an offset that expired between two audits. */
function eitherOf(findings: readonly Finding[], offset: number): 'lost' | 'below-log-start' {
  const isLost = findings.some(
    ({ class: kind, first, last }) => kind === 'lost' && first <= offset && offset <= last,
  );
  return isLost ? 'lost' : 'below-log-start';
}

type Claim = Pick<Finding, 'first' | 'last' | 'offsets'>;

/**
 * Findings that overlap as one: where a broker has forgotten which offsets its classes lay at, the ranges of two findings
 * may both span them.
 */
function united(findings: readonly Claim[]): Claim[] {
  const all: Claim[] = [];
  for (const finding of findings.toSorted((a, b) => a.first - b.first)) {
    const before = all.at(-1);
    if (before === undefined || before.last < finding.first) all.push(finding);
    else {
      const { first, last, offsets } = all.pop() as Claim;
      const end = Math.max(last, finding.last);
      all.push({ first, last: end, offsets: offsets + finding.offsets });
    }
  }
  return all;
}
