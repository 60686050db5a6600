import { beforeAll, describe, expect, it } from 'vitest';
import {
  propertiesOf,
  type Resource,
  resourceOf,
  resourcesOf,
  SYNTH_TIMEOUT_MS,
  type Synthesis,
  synthesize,
} from '../synthesize.ts';

const STREAM = 'AWS::KinesisFirehose::DeliveryStream';

interface Destination {
  readonly [name: string]: unknown;
}

const destinationOf = ({ template }: Synthesis): Destination =>
  propertiesOf(template, STREAM).ExtendedS3DestinationConfiguration as Destination;

/** What the policy of a role, by the part of its logical id, allows to do on what. */
const statementsOf = ({ template }: Synthesis, id: string): Record<string, unknown>[] => {
  const policies = Object.entries(resourcesOf(template, 'AWS::IAM::Policy'));
  const found = policies.find(([name]) => name.startsWith(id));
  if (found === undefined) throw new Error(`no policy '${id}'`);
  const [, policy] = found;
  const { Statement } = policy.Properties.PolicyDocument as {
    Statement: Record<string, unknown>[];
  };
  return Statement;
};

let hourly: Synthesis;

beforeAll(() => {
  hourly = synthesize({
    ...{ delivery: 'firehose', topics: 'orders, payments' },
    ...{ bufferSizeMiB: 128, bufferSeconds: 900 },
  });
}, SYNTH_TIMEOUT_MS);

describe('the delivery stream', { timeout: SYNTH_TIMEOUT_MS }, () => {
  it('is there with the delivery firehose only', () => {
    expect(resourcesOf(synthesize().template, STREAM)).toEqual({});
    expect(hourly.findings).toEqual([]);
  });

  it('is encrypted, and takes records from the functions alone', () => {
    expect(propertiesOf(hourly.template, STREAM)).toMatchObject({
      DeliveryStreamType: 'DirectPut',
      DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' },
    });
  });

  it('makes objects of the size and after the time that are set, in the folders of the archive', () => {
    expect(destinationOf(hourly)).toMatchObject({
      BufferingHints: { SizeInMBs: 128, IntervalInSeconds: 900 },
      CompressionFormat: 'GZIP',
      FileExtension: '.jsonl.gz',
      Prefix:
        'example/topic=!{partitionKeyFromQuery:topic}/dt=!{partitionKeyFromQuery:dt}/hour=!{partitionKeyFromQuery:hour}/',
      ErrorOutputPrefix:
        'firehose-errors/example/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/',
      DynamicPartitioningConfiguration: { Enabled: true },
    });
  });

  it('looks into each line for its topic and its own time, and parts lines again', () => {
    const query = (format: string, invalid: string) =>
      `(if ((.timestamp | type) == "number") and .timestamp >= 946684800000 and .timestamp < 253402300800000 then (.timestamp / 1000 | floor | strftime("${format}")) else "${invalid}" end)`;
    expect(destinationOf(hourly).ProcessingConfiguration).toEqual({
      Enabled: true,
      Processors: [
        {
          Type: 'RecordDeAggregation',
          Parameters: [
            { ParameterName: 'SubRecordType', ParameterValue: 'DELIMITED' },
            // A line break, in base64.
            { ParameterName: 'Delimiter', ParameterValue: 'Cg==' },
          ],
        },
        {
          Type: 'MetadataExtraction',
          Parameters: [
            {
              ParameterName: 'MetadataExtractionQuery',
              ParameterValue: `{"topic":.topic,"dt":${query('%Y-%m-%d', 'invalid')},"hour":${query('%H', '00')}}`,
            },
            { ParameterName: 'JsonParsingEngine', ParameterValue: 'JQ-1.6' },
          ],
        },
        { Type: 'AppendDelimiterToRecord', Parameters: [] },
      ],
    });
  });

  it.each<[string, object, string, string[] | undefined]>([
    [
      'of days',
      { timeFolder: 'day' },
      'example/topic=!{partitionKeyFromQuery:topic}/dt=!{partitionKeyFromQuery:dt}/',
      ['RecordDeAggregation', 'MetadataExtraction', 'AppendDelimiterToRecord'],
    ],
    [
      'of several topics alone',
      { timeFolder: 'none', topics: 'orders, payments' },
      'example/topic=!{partitionKeyFromQuery:topic}/',
      ['RecordDeAggregation', 'MetadataExtraction', 'AppendDelimiterToRecord'],
    ],
    // Nothing to look for: not charged for looking.
    ['of one topic alone', { timeFolder: 'none' }, 'example/topic=orders/', undefined],
  ])('makes folders %s', (_, settings, prefix, processors) => {
    const synthesis = synthesize({ delivery: 'firehose', compression: 'none', ...settings });
    const { Prefix, ProcessingConfiguration, ...rest } = destinationOf(synthesis);
    expect(Prefix).toBe(prefix);
    const { Processors } = (ProcessingConfiguration ?? {}) as {
      readonly Processors?: readonly { readonly Type: string }[];
    };
    expect(Processors?.map(({ Type }) => Type)).toEqual(processors);
    expect(rest).toMatchObject({ CompressionFormat: 'UNCOMPRESSED', FileExtension: '.jsonl' });
    expect(synthesis.findings).toEqual([]);
  });

  it('may write its objects, its errors and its log, and nothing else', () => {
    const bucket = { 'Fn::GetAtt': ['ArchiveBucket', 'Arn'] };
    const under = (prefix: string) => ({ 'Fn::Join': ['', [bucket, `/${prefix}*`]] });
    expect(statementsOf(hourly, 'DeliveryRole')).toEqual([
      {
        Effect: 'Allow',
        Action: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'],
        Resource: [under('example/'), under('firehose-errors/example/')],
      },
      {
        Effect: 'Allow',
        Action: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
        Resource: bucket,
      },
      {
        Effect: 'Allow',
        Action: 'logs:PutLogEvents',
        Resource: { 'Fn::GetAtt': [expect.stringMatching(/^DeliveryLogGroup/), 'Arn'] },
      },
    ]);
    const { DependsOn } = resourceOf(hourly.template, STREAM);
    expect(DependsOn).toContainEqual(expect.stringMatching(/^DeliveryRoleDefaultPolicy/));
  });

  it('is assumed for this account only', () => {
    const roles = Object.entries(resourcesOf(hourly.template, 'AWS::IAM::Role'));
    const [, role] = roles.find(([id]) => id.startsWith('DeliveryRole')) ?? [];
    expect(role?.Properties.AssumeRolePolicyDocument).toMatchObject({
      Statement: [
        {
          Principal: { Service: 'firehose.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
        },
      ],
    });
  });

  it('uses the key of the bucket', () => {
    const guarded = synthesize({ delivery: 'firehose', encryptionKey: 'stack' });
    expect(statementsOf(guarded, 'DeliveryRole').at(-1)).toMatchObject({
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
    });
    expect(guarded.findings).toEqual([]);
  });
});

describe('both functions', () => {
  const functionsOf = ({ template }: Synthesis): [string, Resource][] =>
    Object.entries(resourcesOf(template, 'AWS::Lambda::Function'));

  it(
    'put into the stream, by a bundle that can',
    () => {
      const [streamId] = Object.keys(resourcesOf(hourly.template, STREAM));
      const plain = functionsOf(synthesize());
      for (const [index, [id, { Properties }]] of functionsOf(hourly).entries()) {
        expect(Properties.Environment).toMatchObject({
          Variables: { DELIVERY_STREAM: { Ref: streamId } },
        });
        const role = id.replace(/Function.*/, 'FunctionRole');
        expect(statementsOf(hourly, role)).toContainEqual({
          Effect: 'Allow',
          Action: 'firehose:PutRecordBatch',
          Resource: { 'Fn::GetAtt': [streamId, 'Arn'] },
        });
        expect(Properties.Code).not.toEqual(plain[index]?.[1].Properties.Code);
      }
    },
    SYNTH_TIMEOUT_MS,
  );
});
