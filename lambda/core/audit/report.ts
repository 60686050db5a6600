import type { Finding, HoleTally } from './finding.ts';

/**
 * What an audit can prove: `audited`, it compared the archive with the brokers; `listed`, it had only the listing, which
 * says nothing about records that never arrived.
 */
export type Claim = 'audited' | 'listed';

/** The result for one partition. Every offset from `from` to below `through` is stored or in a hole with a class. */
export interface PartitionReport {
  readonly partition: number;
  /** Inclusive: the first offset that the archive has to answer for. */
  readonly from: number;
  /** Exclusive: the lower one of the last stable offset and the committed offset, read before the listing was. */
  readonly through: number;
  /** The last stable offset when the audit began; `through` where the claim is `listed`. */
  readonly lastStable: number;
  /** Number of distinct offsets below `through` that objects hold. */
  readonly stored: number;
  /** Number of offsets that more than one batch holds. */
  readonly duplicates: number;
  /** All holes below `through`, counted or found, and those that are `not-yet`. */
  readonly holes: HoleTally;
  readonly findings: readonly Finding[];
}

/** The result of auditing one topic. It contains no data of records. */
export interface AuditReport {
  readonly topic: string;
  readonly claim: Claim;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Whether the whole archive of the topic was listed, or only what is new since the last audit. */
  readonly isFullListing: boolean;
  /** ISO 8601: the last audit that listed the whole archive, and so noticed deleted objects. */
  readonly fullyListedAt?: string | undefined;
  readonly objectsListed: number;
  /** Objects whose bodies were read. */
  readonly objectsRead: number;
  /** Number of hour records that were written. */
  readonly hoursWritten: number;
  readonly partitions: readonly PartitionReport[];
}

/** Offsets that need an operator: lost, unexplained, conflicting or of another life, and not acknowledged. */
export function openFindings({
  partitions,
}: {
  readonly partitions: readonly Pick<PartitionReport, 'findings'>[];
}): readonly Finding[] {
  return partitions.flatMap(({ findings }) =>
    findings.filter(({ acknowledged, class: kind }) => {
      const isOpen = ['lost', 'unexplained', 'conflict', 'another-life'].includes(kind);
      return isOpen && acknowledged === undefined;
    }),
  );
}
