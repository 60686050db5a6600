import { beforeAll, describe, expect, it } from 'vitest';
import { clusterArn, keyArn } from '../../lib/settings-fixture.ts';
import { SYNTH_TIMEOUT_MS } from '../../lib/synthesize.ts';
import {
  type ConfigurationName,
  callersOf,
  configurations,
  deploy,
  templateOf,
} from './configurations.ts';
import type { Deployment, TemplateJson } from './deployment.ts';
import { wrongDecisions } from './simulate.ts';
import { broadGrants, type Policy, voidGrants } from './statements.ts';

const names = Object.keys(configurations) as ConfigurationName[];
const templates = new Map<ConfigurationName, TemplateJson>();

beforeAll(() => {
  for (const name of names) templates.set(name, templateOf(name));
}, SYNTH_TIMEOUT_MS);

function templateBy(name: ConfigurationName): TemplateJson {
  const template = templates.get(name);
  if (template === undefined) throw new Error(`no template '${name}'`);
  return template;
}

/** Every policy of a deployment. */
function policiesOf(deployment: Deployment): Policy[] {
  const ofResources = [...deployment.resourcePolicies].map(([resource, named]) => ({
    ...named,
    resource,
  }));
  return [...deployment.allIdentityPolicies(), ...ofResources];
}

/** Every policy of every configuration; most configurations have most of them in common. */
function allPolicies(): Policy[] {
  const all = names.flatMap((name) => policiesOf(deploy(templateBy(name))));
  return [...new Map(all.map((policy) => [JSON.stringify(policy), policy])).values()];
}

describe('calls are allowed or denied as they must be', () => {
  it.each(names)('%s', async (name) => {
    const deployment = deploy(templateBy(name));
    expect(await wrongDecisions(deployment, callersOf(name, deployment))).toEqual([]);
  });
});

describe('policies', () => {
  it('of two dozen long topics are split, so that the calls above are allowed by several', () => {
    const deployment = deploy(templateBy('MSK with two dozen long topics'));
    const role = deployment.arnOf('AWS::IAM::Role', 'ArchiveFunctionRole');
    expect(deployment.identityPolicies(role).length).toBeGreaterThan(1);
  });

  it('grant actions only on resources and under conditions that these actions support', async () => {
    const found = await Promise.all(allPolicies().map(voidGrants));
    expect(found.flat()).toEqual([]);
  });

  it('grant on every resource only what cannot be granted on fewer', async () => {
    const found = await Promise.all(allPolicies().map(broadGrants));
    expect([...new Set(found.flat())].sort()).toEqual([
      // A call that names no alarm is authorized on every one.
      'cloudwatch:DescribeAlarms',
      // Their only resource type is a data set, which metrics of AWS services and of this project have none of.
      'cloudwatch:GetMetricData',
      'cloudwatch:ListMetrics',
      // The subnets of a cluster are not known at synth.
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      // A record names its schema by id, and neither the schema nor its registry.
      'glue:GetSchemaVersion',
      // A call names its query by id, and no log group.
      'logs:GetQueryResults',
    ]);
  });
});

/** A mistake in the statements of one action, and the lines that report it. */
interface Mistake {
  readonly in: ConfigurationName;
  /** The beginning of the logical id of the resource with the policy. */
  readonly policy: string;
  /** An action of the statements. */
  readonly of: string;
  /** What takes the place of their properties. */
  readonly plant: Readonly<Record<string, unknown>>;
  readonly reports: readonly string[];
}

const REPLAY = 'ReplayFunctionRoleDefaultPolicy50BF5CCD';
const ARCHIVE = 'ArchiveFunctionRoleDefaultPolicyE0222564';
const DELIVERY = 'DeliveryRole959799AB';
const sqs = 'arn:aws:sqs:eu-west-1:111122223333:KafkaArchive';
const replayQueue = `${sqs}-FailedBatchesReplayQueueF336E480`;
const deadLetterQueue = `${sqs}-FailedBatchesDeadLetterQueueF82B3E85`;
const entry = 'arn:aws:s3:::kafkaarchive-failedbatchbucket/aws/lambda/a/orders-3/b';
const alarmTopic = 'arn:aws:sns:eu-west-1:111122223333:KafkaArchive-MonitoringAlarmTopic40534090';
const sourceIs = (account: string) => ({ StringEquals: { 'aws:SourceAccount': account } });
const fromBucket = 'with aws:SourceArn arn:aws:s3:::kafkaarchive-failedbatchbucket';

const mistakes: Readonly<Record<string, Mistake>> = {
  'an action that does not exist': {
    ...{ in: 'self-managed over the internet', policy: REPLAY, of: 'sns:Publish' },
    plant: { Action: 'sns:PublishMessage' },
    reports: [
      `replay function: sns:Publish on ${alarmTopic}: denied`,
      `${REPLAY}: sns:PublishMessage on ${alarmTopic}: invalid.action`,
    ],
  },
  'an action that does not support the type of its resource': {
    ...{ in: 'MSK with IAM', policy: ARCHIVE, of: 'kafka-cluster:Connect' },
    plant: {
      Action: ['kafka-cluster:Connect', 'kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers'],
    },
    reports: [`${ARCHIVE}: kafka:GetBootstrapBrokers on ${clusterArn}: must.use.wildcard`],
  },
  'an action on another resource': {
    ...{ in: 'self-managed over the internet', policy: REPLAY, of: 'sns:Publish' },
    plant: { Resource: `${alarmTopic}2` },
    reports: [`replay function: sns:Publish on ${alarmTopic}: denied`],
  },
  'an action that is too much': {
    ...{ in: 'self-managed over the internet', policy: REPLAY, of: 's3:ListBucket' },
    plant: {
      Action: ['s3:ListBucket', 's3:DeleteObject'],
      Resource: ['arn:aws:s3:::kafkaarchive-failedbatchbucket', entry],
    },
    reports: [
      `replay function: s3:DeleteObject on ${entry}: allowed`,
      `${REPLAY}: s3:ListBucket on ${entry}: no.resource.types`,
      `${REPLAY}: s3:DeleteObject on arn:aws:s3:::kafkaarchive-failedbatchbucket: no.resource.types`,
    ],
  },
  'a condition key that the action does not support': {
    ...{ in: 'self-managed over the internet', policy: REPLAY, of: 'sns:Publish' },
    plant: { Condition: { StringEquals: { 'lambda:FunctionArn': 'any' } } },
    reports: [
      `replay function: sns:Publish on ${alarmTopic}: denied`,
      `${REPLAY}: sns:Publish on ${alarmTopic}: no condition key lambda:FunctionArn`,
    ],
  },
  'a missing grant on a KMS key': {
    ...{ in: 'an existing key', policy: ARCHIVE, of: 'kms:GenerateDataKey' },
    plant: { Action: 'kms:Decrypt' },
    reports: [
      `archive function with a key: kms:GenerateDataKey on ${keyArn} with kms:ViaService s3.eu-west-1.amazonaws.com: denied`,
    ],
  },
  'the account of someone else': {
    in: 'self-managed over the internet',
    ...{ policy: 'FailedBatchesReplayQueuePolicy', of: 'sqs:SendMessage' },
    plant: { Condition: sourceIs('444455556666') },
    reports: [
      `s3.amazonaws.com: sqs:SendMessage on ${replayQueue} ${fromBucket} with aws:SourceAccount 111122223333: denied`,
      `s3.amazonaws.com: sqs:SendMessage on ${replayQueue} ${fromBucket} with aws:SourceAccount 444455556666: allowed`,
    ],
  },
  'a condition that a request need not meet': {
    ...{ in: 'Firehose', policy: DELIVERY, of: 'sts:AssumeRole' },
    plant: { Condition: sourceIs('111122223333') },
    reports: [
      `firehose.amazonaws.com: sts:AssumeRole on arn:aws:iam::111122223333:role/KafkaArchive-${DELIVERY}: denied`,
    ],
  },
  'the id of the stack for calls by its name': {
    in: 'self-managed over the internet',
    ...{ policy: 'OperatorPolicy', of: 'cloudformation:DescribeStacks' },
    plant: { Resource: { Ref: 'AWS::StackId' } },
    reports: [
      'operator: cloudformation:DescribeStacks on arn:aws:cloudformation:eu-west-1:111122223333:stack/KafkaArchive/any: denied',
    ],
  },
  'an action that is allowed without TLS': {
    in: 'self-managed over the internet',
    ...{ policy: 'FailedBatchesDeadLetterQueuePolicy', of: 'sqs:*' },
    plant: { Action: 'sqs:SendMessage' },
    reports: [
      `administrator of the account: sqs:ReceiveMessage on ${deadLetterQueue} with aws:SecureTransport false: allowed`,
    ],
  },
};

/** A copy of a template with a mistake. */
function withMistake({ in: name, of: action, plant, policy }: Mistake): TemplateJson {
  const template = structuredClone(templateBy(name));
  let planted = 0;
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('Action' in value && [value.Action].flat().includes(action)) {
      Object.assign(value, plant);
      planted += 1;
    } else Object.values(value).forEach(visit);
  };
  for (const [id, resource] of Object.entries(template.Resources)) {
    if (id.startsWith(policy)) visit(resource);
  }
  if (planted === 0) throw new Error(`no statement of ${action} in ${policy}`);
  return template;
}

describe('a planted mistake is reported', () => {
  it.each(Object.entries(mistakes))('%s', async (_, mistake) => {
    const deployment = deploy(withMistake(mistake));
    const decisions = await wrongDecisions(deployment, callersOf(mistake.in, deployment));
    const grants = await Promise.all(policiesOf(deployment).map(voidGrants));
    expect([...decisions, ...grants.flat()]).toEqual(mistake.reports);
  });
});
