import type { settingsSchema } from '../../lib/settings/settings-schema.ts';
import {
  clusterArn,
  keyArn,
  mskSecretArn,
  secretArn,
  selfManaged,
} from '../lib/settings-fixture.ts';

type Settings = Readonly<Record<string, unknown>>;

/** Values of one setting that a deployed stack can change between; undefined leaves the setting out. */
export interface SettingChange {
  /** Other settings of the stack, before and after. @default - none */
  readonly with?: Settings;
  readonly values: readonly unknown[];
}

const servers: Settings = { ...selfManaged, clusterArn: undefined, networkHas: undefined };
const inVpc: Settings = {
  ...servers,
  subnetIds: 'subnet-0a1b2c3d',
  securityGroupIds: 'sg-0a1b2c3d',
};
const endpoints: Settings = {
  ...{ networkAdds: 'brokers, s3, services', networkHas: undefined },
  ...{ vpcId: 'vpc-0a1b2c3d', routeTableIds: 'rtb-0a1b2c3d' },
  ...{ subnetIds: 'subnet-0a1b2c3d', securityGroupIds: 'sg-0a1b2c3d' },
};
/** An audit of an MSK cluster. */
const audit: Settings = {
  ...{ audit: true, subnetIds: 'subnet-0a1b2c3d', securityGroupIds: 'sg-0a1b2c3d' },
};
const pollers: Settings = { provisionedPollers: { min: 1, max: 4 } };
const firehose: Settings = { delivery: 'firehose' };
/** A stream that reads no folder from its records. */
const oneFolder: Settings = { ...firehose, topics: 'orders', timeFolder: 'none' };

/**
 * The changes of every setting except `stackName`, a change of which makes another stack. Each is tried from
 * every value to every other, on top of an MSK cluster with two topics.
 */
export const settingChanges: Readonly<
  Record<Exclude<keyof typeof settingsSchema.shape, 'stackName'>, readonly SettingChange[]>
> = {
  topics: [
    { values: ['orders', 'orders, payments'] },
    { with: firehose, values: ['orders', 'orders, payments'] },
    { with: oneFolder, values: ['orders', 'orders, payments'] },
  ],
  consumerGroupId: [
    { values: [undefined, 'audit-{topic}'] },
    { with: servers, values: [undefined, 'audit-{topic}'] },
  ],
  startingPosition: [{ values: [undefined, 'latest', '2026-01-01T00:00:00Z'] }],
  // Two values at one synth have the times of one value at two synths.
  hoursBack: [{ values: [undefined, 3, 5] }],
  clusterArn: [{ values: [clusterArn, clusterArn.replaceAll('example', 'other')] }],
  bootstrapServers: [{ with: servers, values: ['b1.example.com:9096', 'b2.example.com:9096'] }],
  authentication: [
    { with: { secretArn }, values: ['SASL_SCRAM_512_AUTH', 'CLIENT_CERTIFICATE_TLS_AUTH'] },
    { with: servers, values: ['SASL_SCRAM_512_AUTH', 'BASIC_AUTH'] },
  ],
  secretArn: [{ values: [undefined, secretArn, secretArn.replace('archive', 'other')] }],
  secretKeyArns: [
    {
      with: { secretArn: mskSecretArn },
      values: [keyArn, `${keyArn}, ${keyArn.replace('0f', '1f')}`],
    },
  ],
  rootCaSecretArn: [{ with: servers, values: [undefined, secretArn.replace('archive', 'ca')] }],
  batchSize: [{ values: [undefined, 700] }],
  batchWindow: [{ values: [undefined, 5] }],
  provisionedPollers: [{ values: [undefined, { min: 1, max: 4 }, { min: 2, group: 'shared' }] }],
  reportBatchItemFailures: [{ with: pollers, values: [false, true] }],
  retryAttempts: [{ with: pollers, values: [undefined, 3] }],
  maxRecordAge: [{ with: pollers, values: [undefined, 7200] }],
  bisectBatchOnError: [{ with: pollers, values: [false, true] }],
  eventMetrics: [{ with: pollers, values: [undefined, false] }],
  schemaRegistry: [
    {
      with: pollers,
      values: [
        undefined,
        { uri: 'arn:aws:glue:eu-west-1:111122223333:registry/shop' },
        { uri: 'https://registry.example.com', authentication: 'BASIC_AUTH', secretArn },
      ],
    },
  ],
  filters: [{ values: [undefined, [{ value: { kind: ['order'] } }]] }],
  objectPrefix: [{ values: [undefined, 'a/b/'] }, { with: firehose, values: [undefined, 'a/b/'] }],
  timeFolder: [
    { values: ['hour', 'day', 'none'] },
    { with: firehose, values: ['hour', 'none'] },
    { with: oneFolder, values: ['hour', 'none'] },
  ],
  objectOf: [{ values: ['batch', 'partition'] }],
  valueEncoding: [{ values: [undefined, 'base64', { orders: 'text' }] }],
  keyEncoding: [{ values: [undefined, 'base64', { orders: 'text' }] }],
  compression: [{ values: ['gzip', 'zstd', 'none'] }, { with: firehose, values: ['gzip', 'none'] }],
  compressionLevel: [{ values: [undefined, 9] }],
  metadata: [{ values: [undefined, { env: 'prod' }] }],
  delivery: [{ values: ['s3', 'firehose'] }],
  bufferSizeMiB: [{ with: firehose, values: [undefined, 100] }],
  bufferSeconds: [{ with: firehose, values: [undefined, 120] }],
  storageClass: [{ values: ['STANDARD', 'STANDARD_IA'] }],
  archiveTransitions: [{ values: [undefined, { GLACIER_IR: 90 }] }],
  archiveExpirationDays: [{ values: [undefined, 400] }],
  noncurrentVersionDays: [{ values: [undefined, 10] }],
  encryptionKey: [
    { values: ['managed', 'stack', keyArn] },
    { with: firehose, values: ['managed', 'stack'] },
  ],
  objectLockDays: [{ values: [undefined, 365] }],
  accessLogDays: [{ values: [undefined, 400] }],
  catalog: [{ values: [true, false] }],
  catalogDatabase: [{ values: [undefined, 'shop'] }],
  catalogFrom: [{ values: [undefined, '2025-06-01'] }],
  catalogTopics: [{ values: [undefined, 'refunds', 'refunds, invoices'] }],
  catalogLayouts: [
    { values: [undefined, [{ objectPrefix: 'shop/', timeFolder: 'day', topics: 'orders' }]] },
  ],
  columns: [
    {
      values: [
        undefined,
        { orders: { total: { path: '$.total', type: 'double' } } },
        { orders: { total: { path: '$.sum', type: 'decimal(12,2)' } } },
      ],
    },
  ],
  queryScanLimitGiB: [{ values: [undefined, 5] }],
  memoryMiB: [{ values: [undefined, 2048] }],
  timeoutSeconds: [{ values: [undefined, 65] }],
  maxParallelPuts: [{ values: [undefined, 7] }],
  logLevel: [{ values: ['info', 'debug'] }],
  tracing: [{ values: [false, true] }],
  replayBatchSize: [{ values: [undefined, 2] }],
  replayConcurrency: [{ values: [undefined, 9] }],
  replayDelaySeconds: [{ values: [undefined, 30] }],
  replayRetrySeconds: [{ values: [undefined, 20] }],
  replayTries: [{ values: [undefined, 4] }],
  replayTimeoutSeconds: [{ values: [undefined, 600] }],
  replayVisibilitySeconds: [{ values: [undefined, 4000] }],
  replayedRetentionDays: [{ values: [undefined, 7] }],
  audit: [
    { with: endpoints, values: [false, true] },
    { with: inVpc, values: [false, true] },
  ],
  auditEvery: [{ with: audit, values: [undefined, '30 minutes', '24 hours'] }],
  auditBootstrapServers: [
    { with: audit, values: [undefined, 'b1.example.com:9098', 'b2.example.com:9098'] },
  ],
  auditPaused: [{ with: audit, values: [undefined, true] }],
  autoHeal: [{ with: audit, values: [undefined, 1000, 5000] }],
  auditFullListingDays: [{ with: audit, values: [undefined, 30] }],
  auditReadsObjects: [{ with: audit, values: [undefined, true] }],
  alarmSubscriptions: [{ values: [undefined, 'on-call@example.com', 'team@example.com'] }],
  alarmTopicArn: [{ values: [undefined, 'arn:aws:sns:eu-west-1:111122223333:on-call'] }],
  dataAgeTargetSeconds: [{ values: [undefined, 1200] }],
  expectedTrafficMinutes: [{ values: [undefined, 45] }],
  subnetIds: [
    { with: inVpc, values: ['subnet-0a1b2c3d', 'subnet-1a1b2c3d'] },
    { with: endpoints, values: ['subnet-0a1b2c3d', 'subnet-1a1b2c3d'] },
    { with: audit, values: ['subnet-0a1b2c3d', 'subnet-1a1b2c3d'] },
  ],
  securityGroupIds: [
    { with: inVpc, values: ['sg-0a1b2c3d', 'sg-1a1b2c3d'] },
    { with: endpoints, values: ['sg-0a1b2c3d', 'sg-1a1b2c3d'] },
    { with: audit, values: ['sg-0a1b2c3d', 'sg-1a1b2c3d'] },
  ],
  vpcId: [{ with: endpoints, values: ['vpc-0a1b2c3d', 'vpc-1a1b2c3d'] }],
  routeTableIds: [{ with: endpoints, values: ['rtb-0a1b2c3d', 'rtb-1a1b2c3d'] }],
  networkAdds: [
    {
      with: { ...endpoints, ...{ networkHas: undefined } },
      values: ['brokers, s3, services', 's3, services'],
    },
  ],
  networkHas: [{ values: [undefined, 'brokers'] }],
};
