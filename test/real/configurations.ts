import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { TrialStack } from '../../examples/trial-cluster/trial-stack.ts';
import { ArchiveStack } from '../../lib/archive-stack.ts';
import { keyArn, mskSecretArn, parse, secretArn, selfManaged } from '../lib/settings-fixture.ts';
import type { TemplateJson } from './template-update.ts';

/** The kinds of stack that the README documents, as settings on top of an MSK cluster and one topic. */
export const configurations: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'msk-on-demand': {},
  'msk-provisioned': {
    provisionedPollers: { min: 1, max: 4, group: 'shared' },
    reportBatchItemFailures: true,
    bisectBatchOnError: true,
    retryAttempts: 3,
    maxRecordAge: 7200,
  },
  'self-managed': { ...selfManaged, clusterArn: undefined, networkHas: undefined },
  'msk-scram': { secretArn: mskSecretArn, secretKeyArns: keyArn },
  'msk-mutual-tls': { secretArn, authentication: 'CLIENT_CERTIFICATE_TLS_AUTH' },
  'self-managed-in-a-vpc': {
    ...{ ...selfManaged, clusterArn: undefined, secretArn: undefined },
    ...{ subnetIds: 'subnet-0123456789abcdef0', securityGroupIds: 'sg-0123456789abcdef0' },
  },
  'schema-registry': {
    provisionedPollers: { min: 1, max: 4 },
    schemaRegistry: {
      ...{ uri: 'https://registry.example.com', format: 'JSON', validate: 'KEY, VALUE' },
      ...{ authentication: 'BASIC_AUTH', secretArn },
    },
  },
  'glue-registry': {
    provisionedPollers: { min: 1, max: 4 },
    schemaRegistry: { uri: 'arn:aws:glue:eu-west-1:111122223333:registry/shop' },
  },
  filters: { filters: [{ value: { kind: ['order'] } }] },
  network: {
    ...{ networkAdds: 'brokers, s3, services', networkHas: undefined },
    ...{ vpcId: 'vpc-0123456789abcdef0', routeTableIds: 'rtb-0123456789abcdef0' },
    ...{ subnetIds: 'subnet-0123456789abcdef0', securityGroupIds: 'sg-0123456789abcdef0' },
  },
  storage: {
    ...{ storageClass: 'STANDARD_IA', archiveTransitions: { GLACIER_IR: 90 } },
    ...{ archiveExpirationDays: 400, noncurrentVersionDays: 10 },
  },
  firehose: { delivery: 'firehose', topics: 'orders, payments' },
  tracing: { tracing: true },
  security: { encryptionKey: 'stack', objectLockDays: 365, accessLogDays: 400 },
  'own-key': { encryptionKey: keyArn },
  'no-prefix': { objectPrefix: '' },
  // More than fit one statement of the role.
  'several-topics': { topics: 'orders, payments, invoices, refunds' },
  subscribers: {
    alarmSubscriptions: 'on-call@example.com, https://events.example.com/hooks/kafka-archive',
    expectedTrafficMinutes: 30,
  },
  audit: {
    ...{ audit: true, autoHeal: 1000, topics: 'orders, payments' },
    ...{ subnetIds: 'subnet-0123456789abcdef0', securityGroupIds: 'sg-0123456789abcdef0' },
  },
  'audit-scram-provisioned': {
    ...{ audit: true, secretArn: mskSecretArn, secretKeyArns: keyArn },
    ...{ provisionedPollers: {}, networkAdds: 'services', networkHas: 'brokers, s3' },
    ...{ vpcId: 'vpc-0123456789abcdef0', encryptionKey: 'stack', accessLogDays: 400 },
    ...{ subnetIds: 'subnet-0123456789abcdef0', securityGroupIds: 'sg-0123456789abcdef0' },
  },
  'own-alarm-topic': { alarmTopicArn: 'arn:aws:sns:eu-west-1:111122223333:on-call' },
};

/** The template of the trial cluster, with the logical ids that its archive would have as a stack of its own. */
export function trialTemplate(outdir: string): TemplateJson {
  const app = new App({ outdir, analyticsReporting: false });
  const template = Template.fromStack(new TrialStack(app, 'KafkaArchiveTrial')).toJSON();
  return JSON.parse(JSON.stringify(template).replaceAll(/"Orders(?=[A-Z])/g, '"'));
}

const { context } = JSON.parse(readFileSync(join(import.meta.dirname, '../../cdk.json'), 'utf8'));

/** The template of settings, without the checks of the CDK and of cdk-nag, which take most of a synth. */
export function uncheckedTemplate(
  settings: Readonly<Record<string, unknown>>,
  outdir: string,
): TemplateJson {
  const options = { analyticsReporting: false, builtinCloudFormationValidation: false };
  const parsed = parse({ networkHas: 'brokers, s3, services', ...settings });
  const app = new App({ outdir, context, ...options });
  const stack = new ArchiveStack(app, parsed.stackName, { settings: parsed });
  return { Resources: {}, ...Template.fromStack(stack).toJSON() };
}
