import { describe, expect, it } from 'vitest';
import { streamPrefixes } from '../../../../lib/storage/stream-prefix.ts';
import { completePrefix, evaluatePrefix, fillPartitionKeys } from '../../firehose-server/prefix.ts';

/** The time of the examples at https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html#s3-prefix-examples */
const time = Date.UTC(2018, 7, 27, 10, 30);

const dataPrefix = (prefix: string) => evaluatePrefix(completePrefix(prefix), time);

describe('the prefix of data', () => {
  /** The examples of that page; those without a time in their results have the results of its rules. */
  it.each([
    ['', /^2018\/08\/27\/10\/$/],
    ['myFirehosePrefix/', /^myFirehosePrefix\/2018\/08\/27\/10\/$/],
    ['!{timestamp:yyyy/MM/dd}', /^2018\/08\/27$/],
    [
      'myFirehose/DeliveredYear=!{timestamp:yyyy}/anyMonth/rand=!{firehose:random-string}',
      /^myFirehose\/DeliveredYear=2018\/anyMonth\/rand=[\da-f-]{11}$/,
    ],
    [
      'myPrefix/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/',
      /^myPrefix\/year=2018\/month=08\/day=27\/hour=10\/$/,
    ],
    // A random string makes no folders by time.
    ['a/!{firehose:random-string}/', /^a\/[\da-f-]{11}\/2018\/08\/27\/10\/$/],
    // Quoted text is taken literally, and a doubled quote is one.
    ["!{timestamp:'year='yyyy}/!{timestamp:'it''s'}/!{timestamp:''}", /^year=2018\/it's\/'$/],
  ])('%j is evaluated as documented', (prefix, evaluated) => {
    expect(dataPrefix(prefix)).toMatch(evaluated);
  });

  it.each(['!{timestamp:EEE}', '!{firehose:other}', '!{other:x}'])('%s is refused', (prefix) => {
    expect(() => dataPrefix(`${prefix}!{timestamp:yyyy}`)).toThrow(RangeError);
  });
});

describe('the prefixes of the stack', () => {
  const folders = { objectPrefix: 'shop/', topics: ['orders'] };
  const keys = { topic: 'orders', dt: '2018-08-26', hour: '23' };

  it.each([
    ['hour', ['orders'], 'shop/topic=orders/dt=2018-08-26/hour=23/'],
    ['day', ['orders'], 'shop/topic=orders/dt=2018-08-26/'],
    ['none', ['orders', 'payments'], 'shop/topic=orders/'],
    ['none', ['orders'], 'shop/topic=orders/'],
  ] as const)('with timeFolder %s and the topics %j lead to %s', (timeFolder, topics, folder) => {
    const { prefix } = streamPrefixes({ ...folders, timeFolder, topics });
    const completed = completePrefix(prefix);
    expect(evaluatePrefix(fillPartitionKeys(completed, keys), time)).toBe(folder);
  });

  it('lead to the day of arrival, for records that could not be delivered', () => {
    const { errorPrefix } = streamPrefixes({ ...folders, timeFolder: 'hour' });
    expect(evaluatePrefix(errorPrefix, time, 'processing-failed')).toBe(
      'firehose-errors/shop/processing-failed/dt=2018-08-27/',
    );
  });
});
