import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TrialStack } from '../../examples/trial-cluster/trial-stack.ts';
import { keyArn, mskSecretArn, secretArn, selfManaged } from '../lib/settings-fixture.ts';
import { type Resource, synthesize } from '../lib/synthesize.ts';
import { type AcknowledgedFinding, acknowledgedFindings } from './acknowledged-findings.ts';
import { checkTemplates, type Findings } from './template-checkers.ts';

/** The first time, both checkers are installed. */
const INSTALL_TIMEOUT_MS = 600_000;

/** The kinds of stack that the README documents, as settings on top of an MSK cluster and one topic. */
const configurations: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
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
  'own-alarm-topic': { alarmTopicArn: 'arn:aws:sns:eu-west-1:111122223333:on-call' },
};

interface TemplateJson {
  readonly Resources: Record<string, Resource>;
}

const TRIAL = 'trial-cluster';
const names = [...Object.keys(configurations), TRIAL];

function templateOf(name: string): TemplateJson {
  if (name === TRIAL) return trialTemplate();
  const { template } = synthesize(configurations[name]);
  return { Resources: {}, ...template.toJSON() };
}

/** The template of the example, with the logical ids that its archive would have as a stack of its own. */
function trialTemplate(): TemplateJson {
  const app = new App({ outdir: join(folder, 'app'), analyticsReporting: false });
  const template = Template.fromStack(new TrialStack(app, 'KafkaArchiveTrial')).toJSON();
  return JSON.parse(JSON.stringify(template).replaceAll(/"Orders(?=[A-Z])/g, '"'));
}

/** What nobody has acknowledged, and what is acknowledged in vain. */
function differences(found: readonly string[], acknowledged: readonly AcknowledgedFinding[]) {
  const known = acknowledged.flatMap(({ resources, rule }) =>
    resources.map((resource) => `${rule} ${resource}`),
  );
  return {
    unacknowledged: found.filter((finding) => !known.includes(finding)),
    unfounded: known.filter((finding) => !found.includes(finding)),
  };
}

let folder: string;
let findings: Findings;

function write(name: string, template: TemplateJson): string {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(template));
  return file;
}

/** One bucket gets the log that it lacks, the other a property that no bucket has and a public ACL. */
function planted(): TemplateJson {
  const template = templateOf('msk-on-demand');
  const { ArchiveBucket, FailedBatchBucket } = template.Resources;
  if (ArchiveBucket === undefined || FailedBatchBucket === undefined) throw new Error('no buckets');
  const logging = { LoggingConfiguration: { DestinationBucketName: 'logs' } };
  const wrong = { Version: 'Enabled', AccessControl: 'PublicRead' };
  const change = (resource: Resource, properties: Readonly<Record<string, unknown>>): Resource => ({
    ...resource,
    Properties: { ...resource.Properties, ...properties },
  });
  return {
    ...template,
    Resources: {
      ...template.Resources,
      ArchiveBucket: change(ArchiveBucket, logging),
      FailedBatchBucket: change(FailedBatchBucket, wrong),
    },
  };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'templates-'));
  const files = names.map((name) => write(name, templateOf(name)));
  findings = await checkTemplates([...files, write('planted', planted())]);
}, INSTALL_TIMEOUT_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('cfn-lint and checkov', () => {
  it.each(names)('find in %s what is acknowledged, and all of it', (name) => {
    const acknowledged = acknowledgedFindings.filter(
      ({ only = [name], except = [] }) => only.includes(name) && !except.includes(name),
    );

    expect(differences(findings.get(`${name}.json`) ?? [], acknowledged)).toEqual({
      unacknowledged: [],
      unfounded: [],
    });
  });

  it('are listened to: a planted mistake is told, and a reason that is none any more', () => {
    const found = findings.get('planted.json') ?? [];

    const acknowledged = acknowledgedFindings.filter(({ only }) => only === undefined);
    expect(differences(found, acknowledged)).toEqual({
      unacknowledged: [
        'CKV_AWS_20 FailedBatchBucket',
        'E3002 FailedBatchBucket',
        'W3045 FailedBatchBucket',
      ],
      unfounded: ['CKV_AWS_18 ArchiveBucket'],
    });
  });
});
