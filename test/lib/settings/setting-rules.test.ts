import { describe, expect, it } from 'vitest';
import { topicAlarmName } from '../../../lib/monitoring/alarm-names.ts';
import { MAX_ENCODING_BYTES } from '../../../lib/settings/object-settings.ts';
import {
  clusterArn,
  keyArn,
  msk,
  mskSecretArn,
  problems,
  secretArn,
  selfManaged,
} from '../settings-fixture.ts';

type Settings = Readonly<Record<string, unknown>>;

const pollers = { ...msk, provisionedPollers: {} };
const audited = {
  ...{ ...msk, audit: true, subnetIds: 'subnet-11111111', securityGroupIds: 'sg-22222222' },
};
const firehose = { ...msk, delivery: 'firehose' };
const glue = { uri: 'arn:aws:glue:eu-west-1:111122223333:registry/shop' };
const confluent = { uri: 'https://registry.example.com' };
const vpcId = 'vpc-0123456789abcdef0';
const [subnetIds, securityGroupIds, routeTableIds] = [
  'subnet-11111111',
  'sg-22222222',
  'rtb-33333333',
];
const alarmTopicArn = 'arn:aws:sns:eu-west-1:111122223333:on-call';
const elsewhere = (arn: string) => arn.replace('eu-west-1', 'us-east-1');
const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(JSON.stringify(value)));
/** Metadata with this many bytes in the environment, where its quotes are escaped. */
const metadataOf = (bytes: number) => ({ a: 'x'.repeat(bytes - bytesOf({ a: '' })) });
const forMetadata = MAX_ENCODING_BYTES - bytesOf({ '*': 'text' }) - bytesOf({});
const longestPolled = 't'.repeat(255 - topicAlarmName('Stack', 'no-polls', '').length);
const longestTopic = 't'.repeat(255 - topicAlarmName('Stack', 'no-records', '').length);

/** Settings that go together. */
const accepted: readonly Settings[] = [
  { ...firehose, objectOf: 'partition', valueEncoding: 'base64', keyEncoding: 'text' },
  { ...msk, topics: 'orders, payments', valueEncoding: { payments: 'base64', '*': 'text' } },
  { ...msk, metadata: metadataOf(forMetadata), valueEncoding: 'text' },
  { ...msk, authentication: 'IAM' },
  { ...msk, secretArn },
  { ...msk, secretArn, authentication: 'CLIENT_CERTIFICATE_TLS_AUTH' },
  { ...msk, secretArn: mskSecretArn, secretKeyArns: keyArn },
  { ...selfManaged, rootCaSecretArn: secretArn, secretKeyArns: keyArn },
  { ...selfManaged, subnetIds, securityGroupIds, networkHas: 's3' },
  { ...selfManaged, secretArn: undefined, subnetIds, securityGroupIds },
  { ...msk, networkHas: 'brokers, s3, services' },
  { ...msk, networkAdds: 'brokers', securityGroupIds },
  { ...msk, networkAdds: 's3', vpcId, routeTableIds },
  { ...msk, networkAdds: 'services', vpcId, subnetIds, securityGroupIds },
  { ...audited, auditEvery: '30 minutes', autoHeal: 1000, auditPaused: true },
  { ...audited, provisionedPollers: {}, secretArn, networkAdds: 'services', vpcId },
  { ...selfManaged, subnetIds, securityGroupIds, audit: true },
  // Over the internet, the audit is in no VPC.
  { ...selfManaged, audit: true },
  { ...pollers, schemaRegistry: confluent },
  { ...pollers, schemaRegistry: glue, secretKeyArns: keyArn },
  { ...msk, archiveTransitions: { GLACIER: 90, DEEP_ARCHIVE: 365 }, archiveExpirationDays: 366 },
  { ...msk, replayTimeoutSeconds: 900, replayTries: 112 },
  { ...msk, replayVisibilitySeconds: 43_200, replayTries: 14 },
  { ...msk, replayVisibilitySeconds: 4033, replayTries: 149 },
  { ...msk, dataAgeTargetSeconds: 301, expectedTrafficMinutes: 6 },
  { ...msk, batchWindow: 299, expectedTrafficMinutes: 5 },
  { ...selfManaged, alarmTopicArn: elsewhere(alarmTopicArn) },
  {
    ...msk,
    stackName: 'Stack',
    topics: longestTopic,
    consumerGroupId: 'g',
    expectedTrafficMinutes: 60,
  },
  { ...msk, stackName: 'Stack', topics: `${longestTopic}t`, consumerGroupId: 'g' },
  { ...pollers, stackName: 'Stack', topics: longestPolled, consumerGroupId: 'g' },
  {
    ...{ ...pollers, stackName: 'Stack', topics: `${longestPolled}t`, consumerGroupId: 'g' },
    eventMetrics: false,
  },
];

/** Settings that do not go together, each with its problems. */
const refused: Readonly<Record<string, readonly (readonly [Settings, ...problems: string[]])[]>> = {
  topics: [
    [
      { ...msk, consumerGroupId: 'old', topics: 'orders, payments' },
      "consumerGroupId must contain {topic} with several topics (such as 'old-{topic}'; to keep a group, archive each topic in its own stack), got 'old'",
    ],
    [
      { ...msk, topics: 't'.repeat(188), stackName: 'KafkaArchive' },
      `consumerGroupId must give groups of at most 200 characters (this one has 201; set a shorter one, or archive the topic in its own stack), got 'KafkaArchive-${'t'.repeat(106)}… (203 characters)`,
    ],
    [
      { ...msk, startingPosition: 'latest', hoursBack: 2 },
      "hoursBack and startingPosition must not both be set, got 2 and 'latest'",
    ],
    [
      { ...msk, startingPosition: '2026-11-23T09:00:01Z' },
      "startingPosition must not be in the future (it is 2026-11-23T09:00:00.500Z), got '2026-11-23T09:00:01Z'",
    ],
  ],
  source: [
    [
      { ...selfManaged, clusterArn },
      `clusterArn and bootstrapServers must not both be set, got '${clusterArn}' and ["b1.example.com:9096"]`,
    ],
    [
      { ...msk, secretArn, authentication: 'BASIC_AUTH' },
      "authentication must be one of 'IAM', 'SASL_SCRAM_512_AUTH', 'CLIENT_CERTIFICATE_TLS_AUTH' with clusterArn, got 'BASIC_AUTH'",
    ],
    [
      { ...msk, secretArn, authentication: 'IAM' },
      `secretArn must not be set with authentication 'IAM', got '${secretArn}'`,
    ],
    [
      { ...msk, authentication: 'SASL_SCRAM_512_AUTH' },
      "secretArn must be set with authentication 'SASL_SCRAM_512_AUTH', got nothing",
    ],
    [
      { ...msk, secretArn: elsewhere(secretArn) },
      `secretArn must be in eu-west-1 with that clusterArn, got '${elsewhere(secretArn)}'`,
    ],
    [
      { ...msk, secretArn: mskSecretArn },
      "secretKeyArns must be set with a secret of MSK (MSK refuses secrets that are encrypted with Secrets Manager's own key), got nothing",
    ],
    [
      { ...msk, secretKeyArns: keyArn },
      `secretKeyArns must be set only with a secret, got ["${keyArn}"]`,
    ],
    [
      { ...msk, rootCaSecretArn: secretArn },
      `rootCaSecretArn must be set only with bootstrapServers (a public authority signs the certificates of MSK), got '${secretArn}'`,
    ],
    [
      { ...msk, secretArn, clusterArn: clusterArn.replace(/-3$/, '-s3') },
      "authentication must be 'IAM' with the ARN of a serverless cluster, and secretArn not set, got 'SASL_SCRAM_512_AUTH'",
    ],
    [
      { ...selfManaged, secretArn: undefined },
      'secretArn must be set with bootstrapServers (over the internet, Lambda reaches brokers only with a secret; for brokers in a VPC, set subnetIds and securityGroupIds), got nothing',
    ],
    [
      { ...selfManaged, authentication: 'IAM' },
      "authentication must be one of 'SASL_SCRAM_512_AUTH', 'SASL_SCRAM_256_AUTH', 'BASIC_AUTH', 'CLIENT_CERTIFICATE_TLS_AUTH' with bootstrapServers, got 'IAM'",
    ],
  ],
  network: [
    [
      { ...msk, networkAdds: 'brokers' },
      "securityGroupIds must be set with 'brokers' in networkAdds, got nothing",
    ],
    [
      { ...msk, networkAdds: 's3' },
      "vpcId must be set with 's3' in networkAdds, got nothing",
      "routeTableIds must be set with 's3' in networkAdds, got nothing",
    ],
    [
      { ...msk, networkAdds: 'services', vpcId },
      "subnetIds must be set with 'services' in networkAdds, got nothing",
      "securityGroupIds must be set with 'services' in networkAdds, got nothing",
    ],
    [
      { ...msk, networkAdds: 'brokers', networkHas: 'brokers', securityGroupIds },
      "networkHas must not have what networkAdds adds, got 'brokers'",
    ],
    [
      { ...pollers, networkAdds: 'services', vpcId, subnetIds, securityGroupIds },
      'networkAdds must not have \'services\' with provisionedPollers (in provisioned mode, Lambda needs none of these endpoints, and the audit needs Secrets Manager only with a secret), got ["services"]',
    ],
    [
      { ...audited, provisionedPollers: {}, networkAdds: 'services', vpcId },
      'networkAdds must not have \'services\' with provisionedPollers (in provisioned mode, Lambda needs none of these endpoints, and the audit needs Secrets Manager only with a secret), got ["services"]',
    ],
    [
      { ...msk, subnetIds, securityGroupIds },
      `subnetIds must be set only with 'services' in networkAdds, or with audit, got ["${subnetIds}"]`,
      `securityGroupIds must be set only with 'brokers' or 'services' in networkAdds, or with audit, got ["${securityGroupIds}"]`,
    ],
    [
      { ...msk, vpcId },
      `vpcId must be set only with 's3' or 'services' in networkAdds, got '${vpcId}'`,
    ],
    [
      { ...msk, routeTableIds, networkAdds: 'brokers', securityGroupIds },
      `routeTableIds must be set only with 's3' in networkAdds, got ["${routeTableIds}"]`,
    ],
    [
      { ...selfManaged, subnetIds },
      'securityGroupIds must be set with subnetIds and bootstrapServers, got nothing',
    ],
    [
      { ...selfManaged, securityGroupIds },
      'subnetIds must be set with securityGroupIds and bootstrapServers, got nothing',
    ],
    [
      { ...selfManaged, networkHas: 's3' },
      'networkHas must not be set (without subnetIds, bootstrapServers are reached over the internet), got ["s3"]',
    ],
  ],
  'on-demand mode': [
    [
      { ...msk, reportBatchItemFailures: true, bisectBatchOnError: 'true', eventMetrics: true },
      'reportBatchItemFailures must be false without provisionedPollers (Lambda accepts partial responses to a Kafka batch in provisioned mode only), got true',
      'bisectBatchOnError must be false without provisionedPollers (Lambda bisects a Kafka batch in provisioned mode only), got true',
      'eventMetrics must be false without provisionedPollers (Lambda counts the events of a mapping in provisioned mode only), got true',
    ],
    [
      { ...msk, retryAttempts: 0, maxRecordAge: '3600' },
      'retryAttempts must not be set without provisionedPollers (Lambda accepts a limit on the retries of a Kafka batch in provisioned mode only), got 0',
      'maxRecordAge must not be set without provisionedPollers (Lambda accepts a limit on the age of a Kafka record in provisioned mode only), got 3600',
    ],
    [
      { ...msk, schemaRegistry: glue },
      'schemaRegistry must not be set without provisionedPollers (Lambda uses schema registries in provisioned mode only), got {"uri":"arn:aws:glue:eu-west-1:111122223333:registry/shop","format":"SOURCE","validate":["VALUE"]}',
    ],
  ],
  'a schema registry': [
    [
      { ...pollers, schemaRegistry: { ...glue, secretArn } },
      `schemaRegistry must not have secretArn with a Glue registry (the role of the function reads it), got '${secretArn}'`,
    ],
    [
      { ...pollers, schemaRegistry: { ...confluent, secretArn } },
      'schemaRegistry must have both authentication and secretArn, or neither',
    ],
  ],
  objects: [
    [
      { ...msk, compression: 'none', compressionLevel: 3 },
      "compressionLevel must not be set with compression 'none', got 3",
    ],
    [
      { ...msk, compression: 'gzip', compressionLevel: 10 },
      "compressionLevel must be a whole number from 1 to 9 with compression 'gzip', got 10",
    ],
    [
      {
        ...msk,
        valueEncoding: { orders: 'text', payments: 'base64' },
        keyEncoding: { Orders: 'auto' },
      },
      "valueEncoding must name only topics in topics, or '*' for the others (topics has [\"orders\"]), got 'payments'",
      "keyEncoding must name only topics in topics, or '*' for the others (topics has [\"orders\"]), got 'Orders'",
    ],
    [
      { ...msk, metadata: metadataOf(forMetadata + 1), valueEncoding: 'text' },
      'valueEncoding must have at most 2000 bytes together with keyEncoding and metadata, as JSON in the environment of the functions, got 2001',
    ],
    [
      { ...msk, metadata: metadataOf(forMetadata + 22), keyEncoding: 'text' },
      'keyEncoding must have at most 2000 bytes together with valueEncoding and metadata, as JSON in the environment of the functions, got 2022',
    ],
  ],
  storage: [
    [
      { ...msk, archiveTransitions: { STANDARD_IA: 29 } },
      'archiveTransitions must move objects to STANDARD_IA after 30 days or more (they are in STANDARD from day 0), got 29 for STANDARD_IA',
    ],
    [
      { ...msk, archiveTransitions: { STANDARD_IA: 40, GLACIER_IR: 69 } },
      'archiveTransitions must move objects to GLACIER_IR after 70 days or more (they are in STANDARD_IA from day 40), got 69 for GLACIER_IR',
    ],
    [
      { ...msk, archiveTransitions: { GLACIER: 90, DEEP_ARCHIVE: 90 } },
      'archiveTransitions must move objects to DEEP_ARCHIVE after 91 days or more (they are in GLACIER from day 90), got 90 for DEEP_ARCHIVE',
    ],
    [
      { ...msk, archiveTransitions: { GLACIER: 10 }, storageClass: 'STANDARD_IA' },
      'archiveTransitions must move objects to GLACIER after 30 days or more (they are in STANDARD_IA from day 0), got 10 for GLACIER',
    ],
    [
      { ...msk, archiveTransitions: { INTELLIGENT_TIERING: 90 }, storageClass: 'GLACIER_IR' },
      "archiveTransitions must have only classes colder than storageClass 'GLACIER_IR', got 90 for INTELLIGENT_TIERING",
    ],
    [
      {
        ...msk,
        archiveTransitions: { GLACIER: 90, DEEP_ARCHIVE: 365 },
        archiveExpirationDays: 365,
      },
      'archiveExpirationDays must be more than 365 with these archiveTransitions, got 365',
    ],
  ],
  delivery: [
    [
      { ...msk, bufferSizeMiB: 64, bufferSeconds: 60 },
      "bufferSizeMiB must be set only with delivery 'firehose', got 64",
      "bufferSeconds must be set only with delivery 'firehose', got 60",
    ],
    [
      { ...firehose, bufferSizeMiB: 63 },
      "bufferSizeMiB must be 64 or more with delivery 'firehose' (Firehose writes folders by topic or time, unless there is one topic and timeFolder is 'none'), got 63",
    ],
    [
      { ...firehose, timeFolder: 'none', topics: 'orders, payments', bufferSeconds: 59 },
      "bufferSeconds must be 60 or more with delivery 'firehose' (Firehose writes folders by topic or time, unless there is one topic and timeFolder is 'none'), got 59",
    ],
    [
      { ...firehose, compression: 'zstd' },
      "compression must be 'gzip' or 'none' with delivery 'firehose' (Firehose does not support zstd), got 'zstd'",
    ],
    [
      { ...firehose, compressionLevel: 9 },
      "compressionLevel must not be set with delivery 'firehose' (Firehose uses its own), got 9",
    ],
    [
      { ...firehose, storageClass: 'GLACIER_IR' },
      "storageClass must be 'STANDARD' with delivery 'firehose' (Firehose stores in no other class; archiveTransitions can move the objects), got 'GLACIER_IR'",
    ],
  ],
  replay: [
    [
      { ...msk, replayTimeoutSeconds: 900, replayVisibilitySeconds: 5399 },
      'replayVisibilitySeconds must be a whole number from 5400 to 43200 with replayTimeoutSeconds 900 (at least 6 times that), got 5399',
    ],
    [
      { ...msk, replayVisibilitySeconds: 43_201, replayTries: 150 },
      'replayVisibilitySeconds must be a whole number from 1800 to 43200 with replayTimeoutSeconds 300 (at least 6 times that), got 43201',
    ],
    // The visibility follows from the timeout.
    [
      { ...msk, replayTimeoutSeconds: 900, replayTries: 113 },
      'replayTries must be at most 112 with replayVisibilitySeconds 5400 (SQS drops a message after 14 days, and half of them are reserved for a dead letter), got 113',
    ],
    ...(
      [
        [43_200, 15],
        [4033, 150],
      ] as const
    ).map(
      ([visibility, tries]) =>
        [
          { ...msk, replayVisibilitySeconds: visibility, replayTries: tries },
          `replayTries must be at most ${tries - 1} with replayVisibilitySeconds ${visibility} (SQS drops a message after 14 days, and half of them are reserved for a dead letter), got ${tries}`,
        ] as const,
    ),
  ],
  audit: [
    [
      { ...msk, audit: true },
      'subnetIds must be set with audit and clusterArn (the function of the audit must be in the VPC of the brokers), got nothing',
      'securityGroupIds must be set with audit and clusterArn (the function of the audit must be in the VPC of the brokers), got nothing',
    ],
    [
      { ...msk, auditEvery: '1 hour', auditBootstrapServers: 'b1:9098', auditPaused: false },
      'auditEvery must be set only with audit true, got 60',
      'auditBootstrapServers must be set only with audit true, got ["b1:9098"]',
      'auditPaused must be set only with audit true, got false',
    ],
    [
      { ...msk, autoHeal: 1, auditFullListingDays: 7, auditReadsObjects: true },
      'autoHeal must be set only with audit true, got 1',
      'auditFullListingDays must be set only with audit true, got 7',
      'auditReadsObjects must be set only with audit true, got true',
    ],
  ],
  alarms: [
    [
      { ...msk, alarmTopicArn, alarmSubscriptions: 'a@example.com' },
      `alarmTopicArn and alarmSubscriptions must not both be set, got '${alarmTopicArn}' and ["a@example.com"]`,
    ],
    [
      { ...msk, alarmTopicArn: elsewhere(alarmTopicArn) },
      `alarmTopicArn must be in eu-west-1 with that clusterArn (an alarm can notify only topics in its own region), got '${elsewhere(alarmTopicArn)}'`,
    ],
    [
      { ...msk, dataAgeTargetSeconds: '300', expectedTrafficMinutes: '5' },
      'dataAgeTargetSeconds must be more than 300 with batchWindow 300 (a batch can wait that long to fill), got 300',
      'expectedTrafficMinutes must be more than 5 with batchWindow 300 (a batch can wait that long to fill), got 5',
    ],
    [
      {
        ...msk,
        stackName: 'Stack',
        topics: `${longestTopic}t`,
        consumerGroupId: 'g',
        expectedTrafficMinutes: 60,
      },
      `expectedTrafficMinutes must not be set with topics whose alarms have names of over 255 characters (a shorter stackName helps), got '${'t'.repeat(119)}… (${longestTopic.length + 3} characters)`,
    ],
    [
      { ...pollers, stackName: 'Stack', topics: `${longestPolled}t`, consumerGroupId: 'g' },
      `eventMetrics must be false with topics whose alarms have names of over 255 characters (a shorter stackName helps), got '${'t'.repeat(119)}… (${longestPolled.length + 3} characters)`,
    ],
  ],
};

it.each(accepted)('settings that go together are accepted: %j', (settings) => {
  expect(problems({ ...settings })).toEqual([]);
});

describe.each(Object.keys(refused))('rules of %s', (group) => {
  const rows = (refused[group] ?? []).map(([settings, ...expected]) => ({ settings, expected }));

  it.each(rows)('refuse $settings', ({ settings, expected }) => {
    expect(problems({ ...settings })).toEqual(expected);
  });
});

it.each<[Settings, string]>([
  [{ replayVisibilitySeconds: 1, replayTimeoutSeconds: 'x' }, 'replayTimeoutSeconds'],
  [{ batchWindow: 'x', dataAgeTargetSeconds: 60, expectedTrafficMinutes: 1 }, 'batchWindow'],
  [{ consumerGroupId: 'a b', topics: 'orders, payments' }, 'consumerGroupId'],
  [{ networkAdds: 'nat', vpcId }, 'networkAdds[0]'],
  [{ alarmTopicArn: 'x' }, 'alarmTopicArn'],
  [{ audit: 'x', autoHeal: 1 }, 'audit'],
  [{ archiveTransitions: '90', archiveExpirationDays: 1 }, 'archiveTransitions'],
  [{ delivery: 'kinesis', bufferSeconds: 1 }, 'delivery'],
  [{ ...pollers, schemaRegistry: { uri: 'x', secretArn } }, 'schemaRegistry.uri'],
])('a setting that is wrong alone is not compared with others: %j', (settings, name) => {
  expect(problems({ ...msk, ...settings })).toEqual([expect.stringContaining(`${name} must `)]);
});
