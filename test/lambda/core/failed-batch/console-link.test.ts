import { describe, expect, it } from 'vitest';
import { logLink } from '../../../../lambda/core/failed-batch/console-link.ts';

const arnIn = (partition: string, region: string) =>
  `arn:${partition}:lambda:${region}:111122223333:function:replay`;

describe('logLink', () => {
  it('links to the lines with a phrase in a stream', () => {
    const place = {
      logGroup: '/aws/lambda/replay',
      logStream: '2026/11/24/[$LATEST]5f0e',
      phrase: '316aa6d0-8154',
    };
    expect(logLink(arnIn('aws', 'eu-west-1'), place)).toBe(
      'https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Flambda$252Freplay/log-events/2026$252F11$252F24$252F$255B$2524LATEST$255D5f0e$3FfilterPattern$3D$2522316aa6d0-8154$2522',
    );
  });

  it('links to the lines of all streams from a time on', () => {
    const place = { logGroup: 'archive', phrase: 'a b', since: 1_763_895_200_000 };
    expect(logLink(arnIn('aws', 'us-east-1'), place)).toBe(
      'https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logsV2:log-groups/log-group/archive/log-events$3FfilterPattern$3D$2522a$2520b$2522$26start$3D1763895200000',
    );
  });

  it.each([
    ['aws', 'eu-west-1', 'https://eu-west-1.console.aws.amazon.com/'],
    ['aws-cn', 'cn-north-1', 'https://cn-north-1.console.amazonaws.cn/'],
    ['aws-us-gov', 'us-gov-west-1', 'https://us-gov-west-1.console.amazonaws-us-gov.com/'],
  ])('links to the console of %s', (partition, region, start) => {
    const link = logLink(arnIn(partition, region), { logGroup: 'g', phrase: 'x' });
    expect(link?.startsWith(`${start}cloudwatch/home?region=${region}#`)).toBe(true);
  });

  it('has no link for an unknown console', () => {
    const place = { logGroup: 'g', phrase: 'x' };
    expect(logLink(arnIn('aws-iso', 'us-iso-east-1'), place)).toBeUndefined();
    expect(logLink('', place)).toBeUndefined();
  });

  it('accepts text that is not well-formed', () => {
    expect(logLink(arnIn('aws', 'x'), { logGroup: 'g', phrase: '\ud800' })).toContain('EF');
  });
});
