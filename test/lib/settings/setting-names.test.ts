import { describe, expect, it } from 'vitest';
import { problemsOf } from '../settings-fixture.ts';

describe('an unknown setting', () => {
  it.each([
    ['batchsize', 'batchSize'],
    ['batch-size', 'batchSize'],
    ['batchSizes', 'batchSize'],
    ['topic', 'topics'],
    ['clusterARN', 'clusterArn'],
    ['stackname', 'stackName'],
    ['batchWindowSeconds', undefined],
    ['constructor', undefined],
  ])('is refused, with the setting that was probably meant: %s, %s', (name, nearest) => {
    expect(problemsOf({ [name]: 'x' })).toEqual([
      nearest === undefined
        ? expect.stringMatching(`^'${name}' is not a setting: must be one of stackName, topics, `)
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
    '@other/topics',
  ])('is ignored if it belongs to the CDK or another tool: %s', (name) => {
    expect(problemsOf({ [name]: 'x' })).toEqual([]);
  });

  it('of an earlier version is refused with what replaces it', () => {
    expect(problemsOf({ createCluster: 'serverless' })).toEqual([
      "'createCluster' is not a setting: deploy examples/trial-cluster to try the archiver with a cluster of its own",
    ]);
  });
});
