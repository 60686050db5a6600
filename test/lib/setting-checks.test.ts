import { describe, expect, it } from 'vitest';
import { settingRanges } from '../../lambda/contract.ts';
import { MAX_VISIBILITY_SECONDS, VISIBILITY_TIMEOUTS } from '../../lib/settings-schema.ts';
import { parse, problemsOf } from './settings-fixture.ts';

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
  it.each([
    [43_200, 28],
    [5400, 224],
    [4032, 300],
  ])(
    'end before SQS drops the message, at a visibility of %d s',
    (replayVisibilitySeconds, most) => {
      const other = { replayVisibilitySeconds };
      expect(parse({ ...other, replayTries: most }).replayTries).toBe(most);
      if (most === settingRanges.replayTries.max) return;
      expect(problemsOf({ ...other, replayTries: most + 1 })).toEqual([
        `replayTries must be at most ${most} with replayVisibilitySeconds ${replayVisibilitySeconds} (SQS drops a message after 14 days, before it were a dead letter), got ${most + 1}`,
      ]);
    },
  );

  it('are judged by the visibility that follows from the timeout', () => {
    expect(problemsOf({ replayTimeoutSeconds: 900, replayTries: 225 })).toEqual([
      'replayTries must be at most 224 with replayVisibilitySeconds 5400 (SQS drops a message after 14 days, before it were a dead letter), got 225',
    ]);
    expect(problemsOf({ replayTries: 0 })).toEqual([
      'replayTries must be a whole number from 1 to 300, got 0',
    ]);
  });
});
