import { describe, expect, it } from 'vitest';
import { failedOffsets } from '../../../../lambda/core/audit/failed-ranges.ts';

const range = (id: string | undefined, firstOffset: string, lastOffset: string) => ({
  ...{ id, firstOffset, lastOffset, firstTimestamp: undefined, lastTimestamp: undefined },
});

describe('failedOffsets', () => {
  it('returns the offsets of the topic, with the key of the failed batch as their evidence', () => {
    const ranges = [
      range('orders-3', '100', '149'),
      range('orders-old-3', '0', '9'),
      range('payments-0', '0', '9'),
    ];
    const condition = 'RetryAttemptsExhausted';
    expect(failedOffsets('aws/lambda/a', { condition, ranges }, 'orders')).toEqual([
      {
        ...{ partition: 3, first: 100, last: 149 },
        verdict: {
          class: 'failed-batch',
          evidence:
            "The records are kept in the failed batch 'aws/lambda/a', which is not replayed yet.",
        },
      },
    ]);
  });

  it('knows those that are there because of the payload limit, which hold no records', () => {
    const condition = 'MaximumPayloadSizeExceeded';
    const [found] = failedOffsets(
      'a',
      { condition, ranges: [range('orders-0', '7', '7')] },
      'orders',
    );
    expect(found?.verdict).toEqual({
      class: 'oversize',
      evidence: "The records exceed the payload limit, as the failed batch 'a' says.",
    });
  });

  it.each([
    ['without a partition', range(undefined, '1', '2')],
    ['with unknown offsets', range('orders-0', 'unknown', '2')],
    ['with offsets in no order', range('orders-0', '3', '2')],
  ])('leaves out ranges %s', (_, named) => {
    expect(failedOffsets('a', { condition: 'unknown', ranges: [named] }, 'orders')).toEqual([]);
  });
});
