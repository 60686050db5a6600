import { describe, expect, it } from 'vitest';
import { problemsOf } from '../settings-fixture.ts';

describe('unknown settings', () => {
  it.each([
    ['batchsize', 'batchSize'],
    ['batch-size', 'batchSize'],
    ['batchSizes', 'batchSize'],
    ['topic', 'topics'],
    ['clusterARN', 'clusterArn'],
    ['stackname', 'stackName'],
    ['batchWindowSeconds', undefined],
    ['constructor', undefined],
  ])('%s is refused, with %s near it', (name, nearest) => {
    expect(problemsOf({ [name]: 'x' })).toEqual([
      nearest === undefined
        ? expect.stringMatching(`^'${name}' is not a setting: must be one of stackName, `)
        : `'${name}' is not a setting: did you mean '${nearest}'`,
    ]);
  });

  it.each([
    '@aws-cdk/core:enablePartitionLiterals',
    'aws:cdk:bundling-stacks',
    'cli-telemetry',
    'acknowledged-issue-numbers',
    'availability-zones:account=1:region=eu-west-1',
    'vpc-provider:account=1',
    'other-tool.option',
  ])('%s is not ours and is left alone', (name) => {
    expect(problemsOf({ [name]: 'x' })).toEqual([]);
  });
});
