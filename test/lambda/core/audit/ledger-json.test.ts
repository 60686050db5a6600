import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../../../lambda/core/audit/ledger.ts';
import { ledgerJson, parseLedger } from '../../../../lambda/core/audit/ledger-json.ts';

const ledger: Ledger = {
  ...{ format: 1, topic: 'orders', topicId: '0f1e2d3c-0000-4000-8000-000000000001' },
  auditedAt: '2026-11-24T10:00:00.000Z',
  fullyListedAt: '2026-11-24T10:00:00.000Z',
  partitions: [
    {
      ...{ partition: 3, from: 0, logStart: 5, findings: [] },
      segments: [
        {
          ...{ first: 0, last: 9, stored: 9, holes: { aborted: 1 }, longestHole: 1 },
          ...{ spanned: 10, unsure: 9 },
        },
      ],
    },
  ],
};

describe('the text of a ledger', () => {
  it('is read back', () => {
    const text = ledgerJson(ledger);
    expect(text).toMatch(/^\{"format":1,"topic":"orders",.*\}\n$/);
    expect(parseLedger(text, 'ledger.json')).toEqual(ledger);
  });

  it('of a newer format is refused', () => {
    const newer = ledgerJson({ ...ledger, format: 2 } as unknown as Ledger);
    expect(() => parseLedger(newer, 'audit/topic=orders/ledger.json')).toThrow(
      expect.objectContaining({
        code: 'LOAD_FAILED',
        message:
          "'audit/topic=orders/ledger.json' has format 2, and this version reads format 1: update the archiver, or its command line",
      }),
    );
  });

  it.each(['', '{', '[]', '{}', '{"format":1}', '{"format":"1","partitions":[]}'])(
    'is not %s',
    (text) => {
      expect(() => parseLedger(text, 'ledger.json')).toThrow(
        expect.objectContaining({
          code: 'LOAD_FAILED',
          message: "'ledger.json' is not a ledger of audits",
        }),
      );
    },
  );
});
