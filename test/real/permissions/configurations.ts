import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { ArchiveStack } from '../../../lib/archive-stack.ts';
import {
  clusterArn,
  keyArn,
  mskSecretArn,
  parse,
  secretArn,
  selfManaged,
} from '../../lib/settings-fixture.ts';
import { bareStack } from '../../lib/synthesize.ts';
import {
  type Archive,
  accessLogs,
  archiveIn,
  audit,
  catalog,
  encrypted,
  everyArchive,
  firehose,
  glue,
  inVpc,
  msk,
  mskIam,
  mskSecret,
  operator,
  overInternet,
  PREFIX,
  secrets,
  tracing,
} from './calls.ts';
import { ACCOUNT, Deployment, type PolicyDocument, type TemplateJson } from './deployment.ts';
import type { Caller } from './simulate.ts';

/** Settings of a stack, and the calls to expect beside those of every archive. */
interface Configuration {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly calls: readonly ((it: Archive) => Caller[])[];
}

const rootCaSecretArn = secretArn.replace('archive', 'ca');
const registryArn = 'arn:aws:glue:eu-west-1:111122223333:registry/shop';
const pollers = { provisionedPollers: { min: 1, max: 4 } };

const audited = {
  ...{ audit: true, subnetIds: 'subnet-0a1b2c3d', securityGroupIds: 'sg-0a1b2c3d' },
};

/** Long enough that the CDK splits the role's policy. */
const longTopics = Array.from({ length: 24 }, (_, index) => `${'orders-'.repeat(18)}${index}`);
const someOf = (topics: readonly string[]) => topics.filter((_, index) => index % 8 === 0);

/** One of each kind that has permissions of its own. */
export const configurations = {
  'MSK with IAM': {
    settings: { topics: 'orders, payments' },
    calls: [inVpc, msk(clusterArn), mskIam(clusterArn, ['orders', 'payments'])],
  },
  'MSK with two dozen long topics': {
    settings: { topics: longTopics.join(',') },
    calls: [inVpc, msk(clusterArn), mskIam(clusterArn, someOf(longTopics))],
  },
  'MSK with SCRAM, and a key of the secret': {
    settings: { secretArn: mskSecretArn, secretKeyArns: keyArn },
    calls: [inVpc, msk(clusterArn), mskSecret(clusterArn), secrets([mskSecretArn], keyArn)],
  },
  'MSK with mTLS': {
    settings: { secretArn, authentication: 'CLIENT_CERTIFICATE_TLS_AUTH' },
    calls: [inVpc, msk(clusterArn), secrets([secretArn])],
  },
  'self-managed in a VPC': {
    settings: {
      ...{ ...selfManaged, clusterArn: undefined, rootCaSecretArn },
      ...{ subnetIds: 'subnet-0a1b2c3d', securityGroupIds: 'sg-0a1b2c3d' },
    },
    calls: [inVpc, secrets([secretArn, rootCaSecretArn])],
  },
  'self-managed over the internet': {
    settings: { ...selfManaged, clusterArn: undefined },
    calls: [overInternet, secrets([secretArn])],
  },
  'provisioned pollers with a Glue registry': {
    settings: { ...pollers, schemaRegistry: { uri: registryArn, format: 'JSON' } },
    calls: [inVpc, msk(clusterArn), glue(registryArn)],
  },
  'provisioned pollers with a Confluent registry': {
    settings: {
      ...{ ...pollers, secretKeyArns: keyArn },
      schemaRegistry: {
        ...{ uri: 'https://registry.example.com', authentication: 'BASIC_AUTH' },
        ...{ secretArn, rootCaSecretArn },
      },
    },
    calls: [inVpc, msk(clusterArn), secrets([secretArn, rootCaSecretArn], keyArn)],
  },
  Firehose: {
    settings: { topics: 'orders, payments', delivery: 'firehose' },
    calls: [firehose],
  },
  'Firehose, a key of the stack, Object Lock, access logs, X-Ray': {
    settings: {
      ...{ delivery: 'firehose', encryptionKey: 'stack', objectLockDays: 365 },
      ...{ accessLogDays: 400, tracing: true },
    },
    calls: [
      ...[firehose, accessLogs, tracing],
      encrypted(({ deployment }) => deployment.arnOf('AWS::KMS::Key', 'EncryptionKey'), {
        hasStream: true,
      }),
    ],
  },
  'an existing key': {
    settings: { encryptionKey: keyArn },
    calls: [encrypted(() => keyArn)],
  },
  'an audit': {
    settings: audited,
    calls: [inVpc, audit({ clusterArn })],
  },
  'an audit that heals, with an existing key': {
    settings: { ...audited, autoHeal: 1000, encryptionKey: keyArn },
    calls: [audit({ clusterArn, heals: true }), encrypted(() => keyArn)],
  },
} satisfies Record<string, Configuration>;

/** The name of one of the {@link configurations}. */
export type ConfigurationName = keyof typeof configurations;

/** Synthesises the template of a configuration, without validation, which takes seconds. */
export function templateOf(name: ConfigurationName): TemplateJson {
  const given: Configuration['settings'] = configurations[name].settings;
  // Warnings about the network are for people.
  const isInVpc = !('bootstrapServers' in given) || 'subnetIds' in given;
  const network = isInVpc ? { networkHas: 'brokers, s3, services' } : {};
  const settings = parse({ objectPrefix: PREFIX, ...network, ...given });
  return Template.fromStack(
    new ArchiveStack(bareStack(), settings.stackName, { settings }),
  ).toJSON() as TemplateJson;
}

/** A template as deployed, beside a key that it does not create. */
export function deploy(template: TemplateJson): Deployment {
  return new Deployment('KafkaArchive', template, new Map([[keyArn, givenKeyPolicy()]]));
}

/** Every caller in a deployment of a configuration. */
export function callersOf(name: ConfigurationName, deployment: Deployment): Caller[] {
  const it = archiveIn(deployment);
  const calls: Configuration['calls'] = [
    everyArchive,
    operator,
    catalog,
    ...configurations[name].calls,
  ];
  return calls.flatMap((each) => each(it));
}

/** The policy of an existing key: the account's IAM, and the statements that docs/security.md demands. */
function givenKeyPolicy(): PolicyDocument {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/security.md'), 'utf8');
  const demanded = /```json\n(\[[\s\S]*?\])\n```/.exec(page)?.[1] ?? '';
  const Principal = { AWS: `arn:aws:iam::${ACCOUNT}:root` };
  return {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal, Action: 'kms:*', Resource: '*' },
      ...JSON.parse(demanded),
    ],
  };
}
