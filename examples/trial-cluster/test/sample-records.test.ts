import { describe, expect, it } from 'vitest';
import {
  MAX_SAMPLE_RECORDS,
  parseSampleCommand,
  sampleRecords,
} from '../function/sample-records.ts';

describe('a command', () => {
  it.each([1, MAX_SAMPLE_RECORDS])('requests %d records', (records) => {
    const command = { topic: 'shop.orders-1_a', records };
    expect(parseSampleCommand(command)).toEqual(command);
  });

  const topicProblem = 'topic must be the name of a topic';
  const recordsProblem = 'records must be a whole number from 1 to 100000';

  it.each([
    [undefined, [topicProblem, recordsProblem]],
    [null, [topicProblem, recordsProblem]],
    ['orders', [topicProblem, recordsProblem]],
    [{ topic: 'orders' }, [recordsProblem]],
    [{ topic: 'orders', records: 0 }, [recordsProblem]],
    [{ topic: 'orders', records: 100_001 }, [recordsProblem]],
    [{ topic: 'orders', records: 1.5 }, [recordsProblem]],
    [{ topic: 'orders', records: '10' }, [recordsProblem]],
    [{ topic: 'two topics', records: 1 }, [topicProblem]],
    [{ topic: 'orders', records: 1, count: 2 }, ["'count' is not one of topic, records"]],
  ])('cannot be %j', (event, problems) => {
    const example = '{"topic":"orders","records":1000}';
    expect(() => parseSampleCommand(event)).toThrow(`${problems.join('; ')}; example: ${example}`);
  });
});

describe('sample records', () => {
  it('are numbered orders of several customers, all with the same timestamp', () => {
    const records = [...sampleRecords(120, 1_795_424_400_000)];

    expect(records.slice(0, 2)).toEqual([
      {
        key: 'customer-2',
        value: '{"order":1,"customer":"customer-2","total":0.37}',
        timestamp: 1_795_424_400_000,
      },
      {
        key: 'customer-3',
        value: '{"order":2,"customer":"customer-3","total":0.74}',
        timestamp: 1_795_424_400_000,
      },
    ]);
    const orders = records.map(({ value }): unknown => JSON.parse(value).order);
    expect(orders).toEqual(Array.from({ length: 120 }, (_, index) => index + 1));
    expect(new Set(records.map(({ key }) => key)).size).toBe(50);
  });
});
