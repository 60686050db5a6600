import { describe, expect, it } from 'vitest';
import {
  type CountedRun,
  describeRanges,
  knownRanges,
  missingRanges,
  parseFailedBatch,
  parseFailedBatchHead,
} from '../../../../lambda/core/failed-batch/failed-batch.ts';
import { parseBatch } from '../../../../lambda/core/record/kafka-event.ts';
import { failedBatchSample } from '../../../helpers/failed-batches.ts';

const sample = JSON.parse(failedBatchSample('s3'));
const parse = (change: object) => parseFailedBatch(JSON.stringify({ ...sample, ...change }));
const runsOf = (event: unknown) =>
  parseBatch(event).runs.map(({ id, first, last }) => `${id} ${first} ${last}`);

function errorOf(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

const summaryOfS3 = {
  condition: 'RetryAttemptsExhausted',
  functionError: 'Unhandled',
  invokeCount: 11,
  requestId: '316aa6d0-8154-4b63-9db9-cb0c1e1a0b7d',
  failedAt: '2026-11-24T00:38:06.021Z',
  records: 3,
  ranges: [
    {
      id: 'orders-3',
      firstOffset: '100',
      lastOffset: '101',
      firstTimestamp: '2026-11-24T00:38:04.835Z',
      lastTimestamp: '2026-11-24T00:38:05.580Z',
    },
    {
      id: 'orders-0',
      firstOffset: '7',
      lastOffset: '7',
      firstTimestamp: '2026-11-24T00:38:04.835Z',
      lastTimestamp: '2026-11-24T00:38:04.835Z',
    },
  ],
};

describe('parseFailedBatch', () => {
  it('parses an entry in S3, whose event is text', () => {
    const { event, ...summary } = parseFailedBatch(failedBatchSample('s3'));
    expect(summary).toEqual(summaryOfS3);
    expect(runsOf(event)).toEqual(['orders-3 100 101', 'orders-0 7 7']);
  });

  it('parses an entry in a Kafka topic, whose event is an object with one record', () => {
    const { event, ...summary } = parseFailedBatch(failedBatchSample('kafka-topic'));
    const timestamp = '2026-11-24T18:16:04.835Z';
    expect(summary).toMatchObject({
      condition: 'RetriesExhausted',
      records: 1,
      ranges: [
        {
          id: 'orders-0',
          firstOffset: '42',
          lastOffset: '42',
          firstTimestamp: timestamp,
          lastTimestamp: timestamp,
        },
      ],
    });
    expect(runsOf(event)).toEqual(['orders-0 42 42']);
  });

  it('parses an entry without a payload, with its offsets', () => {
    const { event, ...summary } = parseFailedBatch(failedBatchSample('oversize'));
    expect(event).toBeUndefined();
    expect(summary).toMatchObject({
      condition: 'MaximumPayloadSizeExceeded',
      functionError: undefined,
      ranges: [{ id: 'orders-3', firstOffset: '4960', lastOffset: '4960' }],
    });
    expect(parse({ payload: null }).event).toBeUndefined();
  });

  it('accepts any condition, and none', () => {
    const requestContext = { condition: 'RecordAgeExceeded' };
    expect(parse({ requestContext }).condition).toBe('RecordAgeExceeded');
    expect(parse({ requestContext: null, responseContext: 'x', timestamp: 5 })).toMatchObject({
      condition: 'unknown',
      requestId: undefined,
      invokeCount: undefined,
      failedAt: undefined,
    });
  });

  it('accepts offsets that are numbers, and marks unknown ones', () => {
    const info = (fields: object) => parse({ KafkaBatchInfo: fields }).ranges;
    const recordsInfo = {
      'a-0': { firstRecordOffset: 5, lastRecordOffset: null },
      'a-1': 'broken',
    };
    expect(info({ recordsInfo })).toMatchObject([
      { id: 'a-0', firstOffset: '5', lastOffset: 'unknown' },
    ]);
    const hostile = { 'a-0': { firstRecordOffset: 'abc', lastRecordOffset: 1.5 } };
    expect(info({ recordsInfo: hostile })).toMatchObject([
      { firstOffset: 'unknown', lastOffset: 'unknown' },
    ]);
    expect(info({})).toEqual([]);
    const alone = parse({ payload: undefined, KafkaBatchInfo: { recordInfo: { offset: '5' } } });
    expect(alone.ranges).toMatchObject([{ id: undefined, firstOffset: '5' }]);
  });

  it.each([
    ['', 'FAILED_BATCH_UNREADABLE', 'the object is not JSON'],
    ['{"secret', 'FAILED_BATCH_UNREADABLE', 'the object is not JSON'],
    ['[]', 'NOT_A_FAILED_BATCH', 'the object has no KafkaBatchInfo'],
    ['null', 'NOT_A_FAILED_BATCH', 'the object has no KafkaBatchInfo'],
    ['{"secret":1}', 'NOT_A_FAILED_BATCH', 'the object has no KafkaBatchInfo'],
    ['{"KafkaBatchInfo":[]}', 'NOT_A_FAILED_BATCH', 'the object has no KafkaBatchInfo'],
    [
      '{"KafkaBatchInfo":{},"payload":"{secret"}',
      'FAILED_BATCH_UNREADABLE',
      'the payload of the entry is not JSON',
    ],
  ])('refuses %j, without quoting it', (text, code, message) => {
    const error = errorOf(() => parseFailedBatch(text));
    expect(error).toMatchObject({ code, message, retryable: false });
    // The parser's message would quote the text.
    expect(error).not.toHaveProperty('cause');
  });
});

describe('parseFailedBatch of a hostile entry', () => {
  const deep = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  const entryOf = (payload: string) => JSON.stringify({ ...sample, payload });

  it.each([
    ['the object', deep(101)],
    ['the object', `{"a":"]}\\"]}","b":${'{"c":'.repeat(100)}`],
    ['the object', '['.repeat(6_700_000)],
    ['the payload of the entry', entryOf(deep(101))],
  ])('refuses %s that is nested too deeply, before it parses it', (what, text) => {
    expect(errorOf(() => parseFailedBatch(text))).toMatchObject({
      code: 'NOT_A_FAILED_BATCH',
      message: `${what} is nested deeper than any failed batch`,
    });
  });

  it('counts the depth, and not what is closed again or stands in strings', () => {
    const flat = `[${'[],{},"[[\\"[[",'.repeat(200)}${deep(99)}]`;
    expect(parseFailedBatch(entryOf(flat)).event).toHaveLength(601);
  });

  it('keeps no more than the beginning of a text', () => {
    const text = 'x'.repeat(1_000_000);
    const { condition } = parse({ requestContext: { condition: text } });
    expect(condition).toBe(`${'x'.repeat(1000)}…`);
  });

  it('describes 50,000 ranges in a few words', () => {
    const names = Array.from({ length: 50_000 }, (_, n) => [`t-${n}`, {}]);
    const { ranges } = parse({ KafkaBatchInfo: { recordsInfo: Object.fromEntries(names) } });
    const missing = missingRanges({ ranges, records: undefined }, []);
    expect(missing).toHaveLength(50_000);
    const first = Array.from({ length: 20 }, (_, n) => `t-${n} offset unknown; `).join('');
    expect(describeRanges(missing)).toBe(`${first}and 49980 more`);
  });
});

describe('parseFailedBatchHead', () => {
  const text = JSON.stringify(sample);

  it('gives the same summary for the first bytes as for the whole entry', () => {
    expect(parseFailedBatchHead(text.slice(0, text.indexOf('"payload"') + 40))).toEqual(
      summaryOfS3,
    );
    expect(parseFailedBatchHead(failedBatchSample('s3').slice(0, 1500))).toEqual(summaryOfS3);
  });

  it.each([
    ['they do not include the payload', text.slice(0, 200)],
    ['there is no payload', failedBatchSample('oversize')],
    ['the payload stands first', JSON.stringify({ version: '1.0', payload: '{}', ...sample })],
    [
      'the partition is in the payload only',
      JSON.stringify(JSON.parse(failedBatchSample('kafka-topic'))),
    ],
    ['another payload stands before', '{"a":{"b":1,"payload":"x"},"KafkaBatchInfo":{}}'],
  ])('returns undefined if %s', (_, head) => {
    expect(parseFailedBatchHead(head)).toBeUndefined();
  });
});

describe('describeRanges', () => {
  it('writes ranges as sentences', () => {
    const alone = { id: undefined, firstOffset: '9', lastOffset: '9' };
    expect(describeRanges(summaryOfS3.ranges)).toBe(
      'orders-3 offsets 100 to 101; orders-0 offset 7',
    );
    expect(describeRanges([alone])).toBe('a partition offset 9');
    expect(describeRanges([])).toBe('');
    const long = describeRanges([{ ...alone, id: 'x'.repeat(100_000) }]);
    expect(long).toBe(`${'x'.repeat(1000)}… offset 9`);
  });
});

describe('missingRanges', () => {
  const { ranges, records } = summaryOfS3;
  const whole: CountedRun[] = [
    { id: 'orders-3', first: 100, last: 101, records: 2 },
    { id: 'orders-0', first: 7, last: 7, records: 1 },
  ];
  const longer = whole.map((run) => ({ ...run, first: 1, last: 500 }));
  const idsOf = (missing: ReturnType<typeof missingRanges>) => missing.map(({ id }) => id);

  it.each<[string, CountedRun[], string[]]>([
    ['nothing, of the same', whole, []],
    ['nothing, of more', [...whole, { id: 'orders-9', first: 1, last: 2, records: 2 }], []],
    ['nothing, of longer runs', longer, []],
    ['a partition', whole.slice(0, 1), ['orders-0']],
    ['all', [], ['orders-3', 'orders-0']],
    ['the first record', whole.map((run) => ({ ...run, first: 101 })), ['orders-3', 'orders-0']],
    ['the last record', whole.map((run) => ({ ...run, last: 100 })), ['orders-3']],
  ])('is %s', (_, runs, ids) => {
    expect(idsOf(missingRanges({ ranges, records: undefined }, runs))).toEqual(ids);
  });

  it('is all of an entry that counts more records than its event holds', () => {
    expect(missingRanges({ ranges, records }, whole)).toEqual([]);
    const short = whole.map((run) => ({ ...run, records: 1 }));
    expect(missingRanges({ ranges, records }, short)).toEqual(ranges);
    // One of two partitions is missing, with two of the three records.
    expect(idsOf(missingRanges({ ranges, records }, whole.slice(1)))).toEqual(['orders-3']);
    expect(missingRanges({ ranges, records: 4 }, whole.slice(1))).toEqual(ranges);
    expect(missingRanges({ ranges: [], records: 50 }, whole)).toEqual([
      { id: 'orders-3', firstOffset: '100', lastOffset: '101' },
      { id: 'orders-0', firstOffset: '7', lastOffset: '7' },
    ]);
  });

  it.each([
    ['first', { firstOffset: 'unknown' }],
    ['last', { lastOffset: 'unknown' }],
  ])('is a range whose %s offset is unknown', (_, unknown) => {
    const changed = ranges.map((range) =>
      range.id === 'orders-0' ? { ...range, ...unknown } : range,
    );
    expect(idsOf(missingRanges({ ranges: changed, records }, longer))).toEqual(['orders-0']);
  });

  it('is nothing of a topic-partition that the event has under several names', () => {
    const merged = { ...longer[0], otherIds: ['orders-0'] } as CountedRun;
    expect(missingRanges({ ranges, records: 2 }, [merged])).toEqual([]);
  });

  it('is a range without a name', () => {
    const times = { firstTimestamp: undefined, lastTimestamp: undefined };
    const alone = [{ id: undefined, firstOffset: '7', lastOffset: '7', ...times }];
    expect(missingRanges({ ranges: alone, records: 1 }, whole)).toEqual(alone);
  });
});

describe('knownRanges', () => {
  const runs = [{ id: 'orders-3', first: 5, last: 9 }];
  const { ranges } = summaryOfS3;

  it('returns the ranges that the entry names, or else those of its records', () => {
    expect(knownRanges({ ranges }, runs)).toBe(ranges);
    const found = [{ id: 'orders-3', firstOffset: '5', lastOffset: '9' }];
    expect(knownRanges({ ranges: [] }, runs)).toEqual(found);
    expect(knownRanges(undefined, runs)).toEqual(found);
    expect(knownRanges(undefined, undefined)).toEqual([]);
  });
});
