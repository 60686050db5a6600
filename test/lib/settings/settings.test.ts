import { describe, expect, it } from 'vitest';
import { parseSettings } from '../../../lib/settings/settings.ts';
import {
  clusterArn,
  clusterUuid,
  keyArn,
  msk,
  now,
  parse,
  problems,
  problemsOf,
  secretArn,
  selfManaged,
} from '../settings-fixture.ts';

const inVpc = { subnetIds: 'subnet-11111111', securityGroupIds: 'sg-22222222' };

describe('parseSettings', () => {
  it('reports every problem at once, one a line, with an example if no cluster is set', () => {
    const found = problems({
      topics: 'orders, a b',
      batchSize: '10k',
      timeoutSeconds: 900,
      compression: 'none',
      compressionLevel: 3,
      typo: 1,
    });
    expect(found).toEqual([
      expect.stringMatching(/^'typo' is not a setting: must be one of stackName, topics, /),
      "topics[1] must be 2 to 249 letters, digits, '.', '_' or '-', not starting with '.', got 'a b'",
      "batchSize must be a whole number from 1 to 10000, got '10k'",
      'timeoutSeconds must be a whole number from 10 to 840, got 900',
      'clusterArn or bootstrapServers must be set, got neither',
      "compressionLevel must not be set with compression 'none', got 3",
      expect.stringMatching(
        /^example: npx cdk synth -c clusterArn=arn:aws:kafka:.* -c topics="orders, payments"$/,
      ),
    ]);
  });

  it('keeps a problem on one line and shortens a long value', () => {
    expect(problemsOf({ logLevel: `a\n${'b'.repeat(500)}` })).toEqual([
      expect.stringMatching(/got 'a\\nb+… \(505 characters\)$/),
    ]);
  });

  it('returns settings that cannot be changed, and each in one form only', () => {
    const settings = parse({ hoursBack: 6 });
    expect(Object.isFrozen(settings)).toBe(true);
    const replaced = ['clusterArn', 'bootstrapServers', 'secretArn', 'networkAdds', 'vpcId'];
    for (const name of [...replaced, 'hoursBack', 'consumerGroupId']) {
      expect(settings).not.toHaveProperty(name);
    }
    expect(settings.stackName).toBe('KafkaArchive');
  });
});

describe('the source', () => {
  it('is an MSK cluster, read with the role or with a secret', () => {
    const cluster = {
      ...{ arn: clusterArn, partition: 'aws', region: 'eu-west-1', account: '111122223333' },
      ...{ clusterName: 'example', clusterUuid },
    };
    expect(parse().source).toEqual({ kind: 'msk', cluster });
    const mutualTls = 'CLIENT_CERTIFICATE_TLS_AUTH';
    for (const [authentication, type] of [
      [undefined, 'SASL_SCRAM_512_AUTH'],
      [mutualTls, mutualTls],
    ]) {
      const { source } = parse({ secretArn, authentication, secretKeyArns: keyArn });
      expect(source).toEqual({
        ...{ kind: 'msk', cluster, secretKeyArns: [keyArn] },
        credentials: { type, secretArn },
      });
    }
  });

  it('is a self-managed cluster, in a VPC or over the internet', () => {
    const kind = 'self-managed';
    const bootstrapServers = ['b1.example.com:9096'];
    const overInternet = parseSettings({ ...selfManaged, rootCaSecretArn: secretArn }, { now });
    expect(overInternet.source).toEqual({
      ...{ kind, bootstrapServers, rootCaSecretArn: secretArn },
      credentials: { type: 'SASL_SCRAM_512_AUTH', secretArn },
    });
    expect(overInternet.objectPrefix).toBe('b1.example.com/');
    const noSecret = { ...selfManaged, ...inVpc, secretArn: undefined };
    expect(parseSettings(noSecret, { now }).source).toEqual({
      ...{ kind, bootstrapServers },
      network: { subnetIds: ['subnet-11111111'], securityGroupIds: ['sg-22222222'] },
    });
  });
});

it('the network has what was set, and otherwise nothing', () => {
  const none = { subnetIds: [], securityGroupIds: [], routeTableIds: [], adds: [], has: [] };
  expect(parse().network).toEqual(none);
  const vpcId = 'vpc-0123456789abcdef0';
  const endpoints = { networkAdds: 's3, services', vpcId, routeTableIds: 'rtb-33333333' };
  expect(parse({ ...inVpc, ...endpoints, networkHas: 'brokers' }).network).toEqual({
    ...{ vpcId, subnetIds: ['subnet-11111111'], securityGroupIds: ['sg-22222222'] },
    ...{ routeTableIds: ['rtb-33333333'], adds: ['s3', 'services'], has: ['brokers'] },
  });
});

describe('consumer groups', () => {
  it.each([
    [undefined, 'KafkaArchive-{topic}'],
    ['old-{topic}', 'old-{topic}'],
    ['{topic}/{topic}', '{topic}/{topic}'],
  ])('come from the pattern and the topic: %s', (consumerGroupId, pattern) => {
    const { topics, consumerGroupPattern } = parse({ consumerGroupId, topics: 'orders, pay' });
    expect(consumerGroupPattern).toBe(pattern);
    expect(topics).toEqual(
      ['orders', 'pay'].map((topic) => ({
        topic,
        consumerGroupId: pattern.replaceAll('{topic}', topic),
      })),
    );
  });

  it('do not change when a topic is added', () => {
    const group = (topics: string) => parse({ topics }).topics[0]?.consumerGroupId;
    expect(group('orders, payments')).toBe(group('orders'));
  });
});

it('the start counts hours back from now, in whole seconds', () => {
  const unixSeconds = 1_795_424_400 - 6 * 3600;
  const startingPosition = { kind: 'timestamp', unixSeconds, hoursBack: 6 };
  expect(parseSettings({ ...msk, hoursBack: '6' }, { now })).toMatchObject({ startingPosition });
});

it('the compression none has no level', () => {
  expect(parse({ compression: 'none' }).compressionLevel).toBeUndefined();
});
