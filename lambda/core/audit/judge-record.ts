import { MAX_PAYLOAD_BYTES, type TimeFolder } from '../../contract.ts';
import type { OffsetRange } from '../object/offset-ranges.ts';
import { toBatchRecord } from '../record/mapping-event.ts';
import type { BrokerRecord } from './broker.ts';
import { evaluateFilters, type FilterPattern } from './event-filter.ts';
import type { SkippedOffsets } from './explain-holes.ts';
import type { FailedOffsets } from './failed-ranges.ts';
import type { Verdict } from './hole-classifier.ts';

/** What explains that no object holds a record. */
export interface RecordRules {
  readonly topic: string;
  readonly filters: readonly FilterPattern[];
  /** Those of the record's partition, like the next. */
  readonly failed: readonly FailedOffsets[];
  readonly skipped: readonly SkippedOffsets[];
  /** Epoch milliseconds: records before it may have expired; undefined if objects never expire. */
  readonly expiredBefore: number | undefined;
}

const DAY_MS = 86_400_000;
const periodMs = { hour: 3_600_000, day: DAY_MS, none: 1 } as const satisfies Record<
  TimeFolder,
  number
>;
/** A header byte is written as a number of up to four characters and a comma; other bytes need less. */
const MOST_CHARACTERS = 5;

const filtered: Verdict = {
  class: 'filtered',
  evidence: 'The records match no filter of the mapping.',
};
const oversize: Verdict = {
  class: 'oversize',
  evidence: 'The records exceed the payload limit, so that the mapping never delivers them.',
};
const expired: Verdict = {
  class: 'expired',
  evidence: 'The records are so old that a lifecycle rule has expired their objects.',
};
const lost: Verdict = {
  class: 'lost',
  evidence: 'The broker has the records, and no object holds them.',
};
const lostByDoubt: Verdict = {
  class: 'lost',
  evidence:
    'The broker has the records, no object holds them, and it is unknown whether the filters of the mapping match them.',
};

/**
 * Creates the function that judges a record which consumers see and which no object holds. It is `filtered` only if
 * it certainly fails every pattern; where that is unknown, the record counts as lost.
 */
export function createRecordJudge(rules: RecordRules): (record: BrokerRecord) => Verdict {
  const { expiredBefore = Number.NEGATIVE_INFINITY, failed, filters, skipped, topic } = rules;
  return (record) => {
    const { offset, timestamp } = record;
    const has = ({ first, last }: OffsetRange) => offset >= first && offset <= last;
    const matches = evaluateFilters(filters, record.value);
    const reason = (matches === 'fails' ? undefined : failed.find(has)) ?? skipped.find(has);
    if (reason !== undefined) return reason.verdict;
    if (matches === 'fails') return filtered;
    if (isOversize(record, topic)) return oversize;
    if (timestamp < expiredBefore) return expired;
    return matches === 'unknown' ? lostByDoubt : lost;
  };
}

/**
 * Returns the time before which the folders of records have expired: epoch milliseconds.
 *
 * @param days after which a lifecycle rule expires objects
 */
export function expiredBefore(days: number, now: number, timeFolder: TimeFolder): number {
  const limit = now - days * DAY_MS;
  return limit - (limit % periodMs[timeFolder]);
}

function isOversize(record: BrokerRecord, topic: string): boolean {
  const { headers, key, value } = record;
  const bytes = [key, value, ...headers.map((header) => header.value)].reduce(
    (sum, each) => sum + (each?.length ?? 0),
    0,
  );
  if (bytes * MOST_CHARACTERS < MAX_PAYLOAD_BYTES) return false;
  const origin = { topic, bootstrapServers: '', nullStyle: 'absent' } as const;
  return toBatchRecord(record, origin).bytes > MAX_PAYLOAD_BYTES;
}
