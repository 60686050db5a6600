import { describe, expect, it } from 'vitest';
import { applyStage } from '../../../lib/settings/stage-overlay.ts';
import { parse, problemsOf } from '../settings-fixture.ts';

const environments = {
  test: { stackName: 'KafkaArchiveTest', batchWindow: 5 },
  prod: { batchWindow: 60, metadata: { env: 'prod' }, topics: 'orders, payments' },
};

describe('the settings of a stage', () => {
  it('override the others', () => {
    const settings = parse({ env: 'prod', environments, batchWindow: 30, batchSize: 500 });
    expect(settings).toMatchObject({
      ...{ batchWindow: 60, batchSize: 500, metadata: { env: 'prod' } },
      ...{ stackName: 'KafkaArchive', topics: [{ topic: 'orders' }, { topic: 'payments' }] },
    });
    expect(parse({ env: 'test', environments }).stackName).toBe('KafkaArchiveTest');
  });

  it('are ignored unless the stage is named', () => {
    expect(parse({ environments }).batchWindow).toBe(300);
    expect(applyStage({ environments, topics: 'a' })).toEqual({
      context: { topics: 'a' },
      problems: [],
    });
  });

  it.each([
    [
      { env: 'stage', environments },
      "env must be one of 'test', 'prod', the stages in environments, got 'stage'",
    ],
    [
      { env: 'prod' },
      "env must name a stage of the setting environments, which has none, got 'prod'",
    ],
    [
      { env: 5, environments },
      "env must be one of 'test', 'prod', the stages in environments, got 5",
    ],
    [
      { env: 'prod', environments: { prod: 'x' } },
      `environments must be an object that has an object of settings for each stage, got {"prod":"x"}`,
    ],
    [
      { environments: [] },
      'environments must be an object that has an object of settings for each stage, got []',
    ],
  ])('are refused: %j', (settings, problem) => {
    expect(problemsOf(settings)).toEqual([problem]);
  });

  it('are checked like all others', () => {
    const wrong = { prod: { batchSize: 0, bachWindow: 5 } };
    expect(problemsOf({ env: 'prod', environments: wrong })).toEqual([
      "'bachWindow' is not a setting: did you mean 'batchWindow'",
      'batchSize must be a whole number from 1 to 10000, got 0',
    ]);
  });
});
