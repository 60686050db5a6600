import { MAX_PAYLOAD_BYTES } from '../../contract.ts';
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
}

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
  const { failed, filters, skipped, topic } = rules;
  return (record) => {
    const { offset } = record;
    const has = ({ first, last }: OffsetRange) => offset >= first && offset <= last;
    const matches = evaluateFilters(filters, record.value);
    const reason = (matches === 'fails' ? undefined : failed.find(has)) ?? skipped.find(has);
    if (reason !== undefined) return reason.verdict;
    if (matches === 'fails') return filtered;
    if (isOversize(record, topic)) return oversize;
    return matches === 'unknown' ? lostByDoubt : lost;
  };
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
