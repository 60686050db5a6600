import { describe, expect, it } from 'vitest';
import { compressionLevels } from '../../../lambda/contract.ts';
import { parseSettings } from '../../../lib/settings/settings.ts';
import {
  clusterArn,
  clusterUuid,
  msk,
  now,
  parse,
  problems,
  problemsOf,
} from '../settings-fixture.ts';

describe('parseSettings', () => {
  it('fills in every default', () => {
    expect(parseSettings(msk, { now })).toEqual({
      stackName: 'KafkaArchive',
      source: {
        kind: 'msk',
        cluster: {
          arn: clusterArn,
          partition: 'aws',
          region: 'eu-west-1',
          account: '111122223333',
          clusterName: 'example',
          clusterUuid,
        },
      },
      network: {
        vpcId: undefined,
        subnetIds: [],
        securityGroupIds: [],
        routeTableIds: [],
        adds: [],
        has: [],
      },
      topics: [{ topic: 'orders', consumerGroupId: 'KafkaArchive-orders' }],
      consumerGroupPattern: 'KafkaArchive-{topic}',
      batchSize: 10_000,
      batchWindow: 300,
      startingPosition: { kind: 'earliest' },
      provisionedPollers: undefined,
      reportBatchItemFailures: false,
      retryAttempts: undefined,
      maxRecordAge: undefined,
      bisectBatchOnError: false,
      schemaRegistry: undefined,
      filters: undefined,
      objectPrefix: 'example/',
      timeFolder: 'hour',
      compression: 'gzip',
      compressionLevel: 6,
      delivery: 's3',
      bufferSizeMiB: 64,
      bufferSeconds: 600,
      storageClass: 'STANDARD',
      archiveTransitions: [],
      archiveExpirationDays: undefined,
      noncurrentVersionDays: 90,
      encryptionKey: 'managed',
      objectLockDays: undefined,
      accessLogDays: undefined,
      metadata: {},
      memoryMiB: 1024,
      timeoutSeconds: 120,
      maxParallelPuts: 16,
      logLevel: 'info',
      replayBatchSize: 1,
      replayConcurrency: 5,
      replayDelaySeconds: 60,
      replayRetrySeconds: 60,
      replayTries: 10,
      replayTimeoutSeconds: 300,
      replayVisibilitySeconds: 1800,
      replayedRetentionDays: 30,
      alarmSubscriptions: undefined,
      alarmTopicArn: undefined,
      eventMetrics: false,
      tracing: false,
      dataAgeTargetSeconds: 900,
      expectedTrafficMinutes: undefined,
    });
  });

  it('gives a result that nobody changes by accident', () => {
    expect(Object.isFrozen(parse({}))).toBe(true);
  });

  it('names every problem in one message, one a line', () => {
    const found = problems({
      topics: 'orders, a b',
      batchSize: '10k',
      timeoutSeconds: 900,
      compression: 'none',
      compressionLevel: 3,
      hoursBack: 2,
      startingPosition: 'latest',
      typo: 1,
    });
    expect(found).toEqual([
      expect.stringMatching(/^'typo' is not a setting: must be one of stackName, clusterArn, /),
      "topics[1] must be 2 to 249 letters, digits, '.', '_' or '-', not starting with '.', got 'a b'",
      "batchSize must be a whole number from 1 to 10000, got '10k'",
      'timeoutSeconds must be a whole number from 10 to 840, got 900',
      'clusterArn or bootstrapServers must be set, got neither',
      "hoursBack and startingPosition must not both be set, got 2 and 'latest'",
      "compressionLevel must not be set with compression 'none', got 3",
      expect.stringMatching(
        /^example: npx cdk synth -c clusterArn=arn:aws:kafka:.* -c topics="orders, payments"$/,
      ),
    ]);
  });

  it('shows what to set when nothing is', () => {
    expect(problems({})).toEqual([
      'topics must name at least one topic, got nothing',
      'clusterArn or bootstrapServers must be set, got neither',
      expect.stringMatching(
        /^example: npx cdk synth -c clusterArn=arn:aws:kafka:.* -c topics="orders, payments"$/,
      ),
    ]);
  });

  it('keeps a problem on one line and shortens a long value', () => {
    const [line = '', ...more] = problemsOf({ logLevel: `a\n${'b'.repeat(500)}` });
    expect(more).toEqual([]);
    expect(line).toMatch(/got 'a\\nb+… \(505 characters\)$/);
  });
});

describe('consumer groups', () => {
  const groups = (settings: Record<string, unknown>): string[] =>
    parse(settings).topics.map(({ consumerGroupId }) => consumerGroupId);

  it('come from the stack name and the topic', () => {
    expect(groups({ topics: 'orders, payments', stackName: 'Audit' })).toEqual([
      'Audit-orders',
      'Audit-payments',
    ]);
  });

  it('are what was set, with the topic where it says so', () => {
    expect(groups({ consumerGroupId: 'old/group:1' })).toEqual(['old/group:1']);
    expect(groups({ consumerGroupId: 'old-{topic}', topics: 'orders, payments' })).toEqual([
      'old-orders',
      'old-payments',
    ]);
  });

  it('do not change when another topic is added', () => {
    for (const consumerGroupId of [undefined, 'old-{topic}']) {
      const [alone] = groups({ topics: 'orders', consumerGroupId });
      expect(groups({ topics: 'orders, payments', consumerGroupId })[0]).toBe(alone);
    }
    expect(problemsOf({ consumerGroupId: 'old', topics: 'orders, payments' })).toEqual([
      "consumerGroupId must contain {topic} with several topics (such as 'old-{topic}', or archive each topic in a stack of its own to keep a group), got 'old'",
    ]);
  });

  it('have 1 to 200 characters', () => {
    expect(groups({ consumerGroupId: 'g'.repeat(200) })).toEqual(['g'.repeat(200)]);
    for (const consumerGroupId of ['', 'g'.repeat(201), 'a b', 'a*', 'a{b}', 5]) {
      expect(problemsOf({ consumerGroupId })).toEqual([
        expect.stringMatching(/^consumerGroupId must be 1 to 200 letters, digits or/),
      ]);
    }
  });

  it('have 200 characters at most with the topic, too', () => {
    const topic = 't'.repeat(187);
    expect(groups({ topics: topic })).toEqual([`KafkaArchive-${topic}`]);
    expect(problemsOf({ topics: `${topic}t` })).toEqual([
      expect.stringMatching(/^consumerGroupId must make groups of at most 200 .*, 201 characters$/),
    ]);
    expect(groups({ topics: `${topic}t`, consumerGroupId: 'g' })).toEqual(['g']);
  });
});

describe('the start', () => {
  it.each([
    ['earliest', { kind: 'earliest' }],
    ['latest', { kind: 'latest' }],
    ['2026-11-23T09:00:00Z', { kind: 'timestamp', unixSeconds: 1_795_424_400 }],
    ['2026-11-23T09:00:00.000Z', { kind: 'timestamp', unixSeconds: 1_795_424_400 }],
    ['2026-11-23T10:30:00+02:00', { kind: 'timestamp', unixSeconds: 1_795_422_600 }],
    ['1970-01-01T00:00:01Z', { kind: 'timestamp', unixSeconds: 1 }],
  ])('%s is %j', (startingPosition, expected) => {
    expect(parse({ startingPosition }).startingPosition).toEqual(expected);
  });

  it.each([
    'Earliest',
    'TRIM_HORIZON',
    '',
    '2026-11-23',
    '2026-11-23T09:00:00',
    '2026-02-30T09:00:00Z',
    '2026-11-23T09:00:00.5Z',
    '1970-01-01T00:00:00Z',
    1_795_424_400,
  ])('%s is none', (startingPosition) => {
    expect(problemsOf({ startingPosition })).toEqual([
      expect.stringMatching(
        /^startingPosition must be 'earliest', 'latest' or a time in whole seconds/,
      ),
    ]);
  });

  it('is not in the future', () => {
    expect(problemsOf({ startingPosition: '2026-11-23T09:00:01Z' })).toEqual([
      "startingPosition must not be in the future, got '2026-11-23T09:00:01Z', and it is 2026-11-23T09:00:00.500Z",
    ]);
  });

  it('counts hours back from now, in whole seconds', () => {
    expect(parse({ hoursBack: '6' }).startingPosition).toEqual({
      kind: 'timestamp',
      unixSeconds: 1_795_424_400 - 6 * 3600,
      hoursBack: 6,
    });
  });
});

describe('compression levels', () => {
  it.each([
    ['gzip', compressionLevels.gzip],
    ['zstd', compressionLevels.zstd],
  ])('%s has its own range and default', (compression, { min, max, default: level }) => {
    expect(parse({ compression }).compressionLevel).toBe(level);
    for (const compressionLevel of [min, max]) {
      expect(parse({ compression, compressionLevel }).compressionLevel).toBe(compressionLevel);
    }
    for (const compressionLevel of [min - 1, max + 1]) {
      expect(problemsOf({ compression, compressionLevel })).toEqual([
        `compressionLevel must be a whole number from ${min} to ${max} with compression '${compression}', got ${compressionLevel}`,
      ]);
    }
  });

  it('none has no level', () => {
    expect(parse({ compression: 'none' }).compressionLevel).toBeUndefined();
  });
});
