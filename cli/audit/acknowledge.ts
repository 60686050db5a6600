import type { BrokerRange } from '../../lambda/core/audit/broker.ts';
import type { Finding } from '../../lambda/core/audit/finding.ts';
import type { Ledger } from '../../lambda/core/audit/ledger.ts';
import { openFindings } from '../../lambda/core/audit/report.ts';
import { UsageError } from '../usage-error.ts';

/** An operator's acceptance of permanent losses. */
export interface Acknowledgement {
  readonly ranges: readonly BrokerRange[];
  readonly reason: string;
  /** ISO 8601. */
  readonly at: string;
}

/** A ledger with findings that were acknowledged. */
export interface Acknowledged {
  readonly ledger: Ledger;
  readonly findings: readonly Finding[];
}

/**
 * Acknowledges the open findings of a ledger that lie within ranges. Nothing else of the ledger changes.
 *
 * @throws {UsageError} for a range without an open finding, one that has a part of a finding only, and one whose records
 * the brokers still have
 */
export function acknowledge(ledger: Ledger, { at, ranges, reason }: Acknowledgement): Acknowledged {
  const open = openFindings(ledger);
  const chosen = new Set(ranges.flatMap((range) => findingsIn(range, open)));
  const mark = (finding: Finding): Finding =>
    chosen.has(finding) ? { ...finding, acknowledged: { at, reason } } : finding;
  const partitions = ledger.partitions.map((partition) => ({
    ...partition,
    findings: partition.findings.map(mark),
  }));
  return { ledger: { ...ledger, partitions }, findings: [...chosen].map(mark) };
}

function findingsIn(range: BrokerRange, open: readonly Finding[]): readonly Finding[] {
  const { first, last, partition } = range;
  const found = open.filter(
    (each) => each.partition === partition && each.first <= last && each.last >= first,
  );
  if (found.length === 0) {
    throw new UsageError(
      `--acknowledge ${describe(range)}: the last audit found nothing there that needs an operator`,
    );
  }
  const part = found.find((each) => each.first < first || each.last > last);
  if (part !== undefined) {
    throw new UsageError(
      `--acknowledge ${describe(range)} has a part of a finding only: pass ${describe(part)}`,
    );
  }
  const kept = found.find((each) => each.class === 'lost' && each.isOnBroker);
  if (kept !== undefined) {
    throw new UsageError(
      `--acknowledge ${describe(range)}: the brokers still have ${describe(kept)}, which --heal archives`,
    );
  }
  return found;
}

/** `3:100-149` */
export function describe({ first, last, partition }: BrokerRange): string {
  return `${partition}:${first}-${last}`;
}
