import { describe, expect, it } from 'vitest';
import { settingRanges } from '../../../lambda/contract.ts';
import { noRecordsAlarmName } from '../../../lib/monitoring/alarm-names.ts';
import {
  MAX_VISIBILITY_SECONDS,
  VISIBILITY_TIMEOUTS,
} from '../../../lib/settings/settings-schema.ts';
import { parse, problemsOf, selfManaged } from '../settings-fixture.ts';

describe('the visibility of a replay', () => {
  const { min, max } = settingRanges.replayTimeoutSeconds;

  it.each([min, 299, max])('is six times the timeout of %d seconds', (replayTimeoutSeconds) => {
    const settings = parse({ replayTimeoutSeconds });
    expect(settings.replayVisibilitySeconds).toBe(6 * replayTimeoutSeconds);
  });

  it.each([
    ['10', 60],
    [300, 1800],
    [900, 5400],
  ])('is from what the timeout of %j asks for to twelve hours', (replayTimeoutSeconds, least) => {
    const other = { replayTimeoutSeconds };
    for (const replayVisibilitySeconds of [least, String(least), MAX_VISIBILITY_SECONDS]) {
      expect(parse({ ...other, replayVisibilitySeconds }).replayVisibilitySeconds).toBe(
        Number(replayVisibilitySeconds),
      );
    }
    for (const replayVisibilitySeconds of [least - 1, MAX_VISIBILITY_SECONDS + 1]) {
      expect(problemsOf({ ...other, replayVisibilitySeconds })).toEqual([
        `replayVisibilitySeconds must be a whole number from ${least} to 43200 with replayTimeoutSeconds ${replayTimeoutSeconds} (the least is ${VISIBILITY_TIMEOUTS} times that), got ${replayVisibilitySeconds}`,
      ]);
    }
  });

  it('is a whole number', () => {
    expect(problemsOf({ replayVisibilitySeconds: '30m' })).toEqual([
      "replayVisibilitySeconds must be a whole number, got '30m'",
    ]);
  });

  it('is not judged by a timeout that is none', () => {
    expect(problemsOf({ replayVisibilitySeconds: 1, replayTimeoutSeconds: 'x' })).toEqual([
      "replayTimeoutSeconds must be a whole number from 10 to 900, got 'x'",
    ]);
  });
});

describe('the tries of a replay', () => {
  const reason = 'SQS drops a message after 14 days, of which half are left for a dead letter';

  it.each([
    [43_200, 14],
    [5400, 112],
    [4033, 149],
  ])('leave half of what SQS keeps a message, at a visibility of %d s', (visibility, most) => {
    const other = { replayVisibilitySeconds: visibility };
    expect(parse({ ...other, replayTries: most }).replayTries).toBe(most);
    expect(problemsOf({ ...other, replayTries: most + 1 })).toEqual([
      `replayTries must be at most ${most} with replayVisibilitySeconds ${visibility} (${reason}), got ${most + 1}`,
    ]);
  });

  it('are judged by the visibility that follows from the timeout', () => {
    expect(problemsOf({ replayTimeoutSeconds: 900, replayTries: 113 })).toEqual([
      `replayTries must be at most 112 with replayVisibilitySeconds 5400 (${reason}), got 113`,
    ]);
    const { min, max } = settingRanges.replayTries;
    expect(parse({ replayTries: max }).replayTries).toBe(max);
    for (const replayTries of [min - 1, max + 1]) {
      expect(problemsOf({ replayTries })).toEqual([
        `replayTries must be a whole number from ${min} to ${max}, got ${replayTries}`,
      ]);
    }
  });
});

describe('the topic of alarms', () => {
  const alarmTopicArn = 'arn:aws:sns:eu-west-1:111122223333:on-call';

  it('is either given, or has subscriptions', () => {
    expect(problemsOf({ alarmTopicArn, alarmSubscriptions: 'a@example.com' })).toEqual([
      `alarmTopicArn and alarmSubscriptions must not both be set, got '${alarmTopicArn}' and 'a@example.com'`,
    ]);
  });

  it('is in the region of the cluster, where that is known', () => {
    const elsewhere = alarmTopicArn.replace('eu-west-1', 'us-east-1');
    expect(problemsOf({ alarmTopicArn: elsewhere })).toEqual([
      `alarmTopicArn must be in eu-west-1 with that clusterArn (an alarm sends to topics of its own region only), got '${elsewhere}'`,
    ]);
    const anywhere = { ...selfManaged, clusterArn: undefined };
    expect(problemsOf({ ...anywhere, alarmTopicArn: elsewhere })).toEqual([]);
  });
});

describe('the times of alarms', () => {
  it('are longer than a batch waits to fill', () => {
    expect(problemsOf({ dataAgeTargetSeconds: 301, expectedTrafficMinutes: 6 })).toEqual([]);
    expect(problemsOf({ dataAgeTargetSeconds: '300', expectedTrafficMinutes: '5' })).toEqual([
      'dataAgeTargetSeconds must be more than 300 with batchWindow 300 (so long a batch waits to fill), got 300',
      'expectedTrafficMinutes must be more than 5 with batchWindow 300 (so long a batch waits to fill), got 5',
    ]);
    expect(problemsOf({ batchWindow: 299, expectedTrafficMinutes: 5 })).toEqual([]);
  });

  it('are not judged by a batch window that is none', () => {
    expect(problemsOf({ batchWindow: 'x', dataAgeTargetSeconds: 60 })).toEqual([
      "batchWindow must be a whole number from 0 to 300, got 'x'",
    ]);
  });
});

it('takes expected traffic of topics that an alarm can be named by', () => {
  const stackName = 's'.repeat(40);
  const longest = 't'.repeat(255 - noRecordsAlarmName(stackName, '').length);
  const settings = { stackName, consumerGroupId: 'group', expectedTrafficMinutes: 60 };
  expect(problemsOf({ ...settings, topics: longest })).toEqual([]);
  expect(problemsOf({ ...settings, topics: `${longest}t` })).toEqual([
    expect.stringMatching(
      /^expectedTrafficMinutes must not be set with topics whose alarms have names of over 255 characters \(a shorter stackName helps\), got 't+… \(206 characters\)$/,
    ),
  ]);
  const quiet = { ...settings, expectedTrafficMinutes: undefined };
  expect(problemsOf({ ...quiet, topics: `${longest}t` })).toEqual([]);
});
