import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import type { BrokerRecord } from '../../../../lambda/core/audit/broker.ts';
import { createRecordJudge, type RecordRules } from '../../../../lambda/core/audit/judge-record.ts';
import { noon } from '../../../helpers/kafka-events.ts';

const MIB = 1024 * 1024;
const skipped = { class: 'skipped-by-reset', evidence: 'skipped' } as const;
const kept = { class: 'failed-batch', evidence: 'kept' } as const;

function judge(rules: Partial<RecordRules>, record: Partial<BrokerRecord> = {}) {
  const judgeRecord = createRecordJudge({
    ...{ topic: 'orders', filters: [], failed: [], skipped: [] },
    ...rules,
  });
  return judgeRecord({
    ...{ partition: 0, offset: 7, timestamp: noon, timestampType: 'CREATE_TIME' },
    ...{ key: null, value: Buffer.from('{"kind":"order"}'), headers: [] },
    ...record,
  }).class;
}

const filters = [{ value: { kind: ['ping'] } }];
const failed = [{ partition: 0, first: 5, last: 7, verdict: kept }];

describe('createRecordJudge', () => {
  it.each<[string, Partial<RecordRules>, string]>([
    ['lost without a reason', {}, 'lost'],
    ['filtered', { filters, failed }, 'filtered'],
    ['kept in a failed batch', { failed }, 'failed-batch'],
    [
      'lost beside a failed batch',
      { failed: [{ ...kept, partition: 0, first: 8, last: 9, verdict: kept }] },
      'lost',
    ],
    [
      'skipped by a reset',
      { skipped: [{ partition: 0, first: 7, last: 7, verdict: skipped }] },
      'skipped-by-reset',
    ],
  ])('finds a record %s', (_, rules, verdict) => {
    expect(judge(rules)).toBe(verdict);
  });

  it('counts the bytes of keys, values and headers as the mapping writes them', () => {
    const bytes = (mib: number) => Buffer.alloc(mib * MIB);
    expect(judge({}, { value: bytes(4) })).toBe('lost');
    expect(judge({}, { value: bytes(5) })).toBe('oversize');
    expect(judge({}, { key: bytes(2), value: bytes(3) })).toBe('oversize');
    const headers = [
      { name: 'a', value: null },
      { name: 'b', value: Buffer.alloc(2 * MIB, 0x80) },
    ];
    expect(judge({}, { headers })).toBe('oversize');
  });

  it('judges the same as the same verdict, so that ranges can be joined', () => {
    const rules = { topic: 'orders', filters, failed: [], skipped: [] };
    const judgeRecord = createRecordJudge(rules);
    const record: BrokerRecord = {
      ...{ partition: 0, offset: 7, timestamp: noon, timestampType: 'CREATE_TIME' },
      ...{ key: null, value: null, headers: [] },
    };
    expect(judgeRecord(record)).toBe(judgeRecord({ ...record, offset: 8 }));
  });
});
