import { beforeAll, describe, expect, it } from 'vitest';
import {
  propertiesOf,
  type Resource,
  resourceOf,
  resourcesOf,
  SYNTH_TIMEOUT_MS,
  type Synthesis,
  synthesize,
  templateOf,
} from '../synthesize.ts';

const STREAM = 'AWS::KinesisFirehose::DeliveryStream';

interface Destination {
  readonly [name: string]: unknown;
}

const destinationOf = ({ template }: Synthesis): Destination =>
  propertiesOf(template, STREAM).ExtendedS3DestinationConfiguration as Destination;

/** The actions and resources that a role's policy allows; the role is found by part of its logical id. */
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
  it('exists only with the delivery firehose', () => {
    expect(resourcesOf(templateOf(), STREAM)).toEqual({});
    expect(hourly.findings).toEqual([]);
  });

  it('is encrypted, and accepts records only from the functions', () => {
    expect(propertiesOf(hourly.template, STREAM)).toMatchObject({
      DeliveryStreamType: 'DirectPut',
      DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' },
    });
  });

  it("writes objects of the given size or after the given time, in the archive's folders", () => {
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

  it('extracts topic and time from each line, and restores the line breaks', () => {
    const query = (format: string, undated: string) =>
      `(if ((.timestamp | type) == "number") and .timestamp >= 946684800000 and .timestamp < 253402300800000 then (.timestamp / 1000 | floor | strftime("${format}")) else "${undated}" end)`;
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
              ParameterValue: `{"topic":.topic,"dt":${query('%Y-%m-%d', '1970-01-01')},"hour":${query('%H', '00')}}`,
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
      'by day',
      { timeFolder: 'day' },
      'example/topic=!{partitionKeyFromQuery:topic}/dt=!{partitionKeyFromQuery:dt}/',
      ['RecordDeAggregation', 'MetadataExtraction', 'AppendDelimiterToRecord'],
    ],
    [
      'by topic only',
      { timeFolder: 'none', topics: 'orders, payments' },
      'example/topic=!{partitionKeyFromQuery:topic}/',
      ['RecordDeAggregation', 'MetadataExtraction', 'AppendDelimiterToRecord'],
    ],
    // Nothing to extract, so AWS does not charge for extraction. The quotes keep Firehose from appending times.
    [
      'of one topic alone',
      { timeFolder: 'none' },
      "example/topic=!{timestamp:'orders'}/",
      undefined,
    ],
  ])('writes to folders %s', (_, settings, prefix, processors) => {
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

  it('may write only its objects, its errors and its log', () => {
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

  it('has a role that Firehose can assume under no condition, since none is documented', () => {
    const roles = Object.entries(resourcesOf(hourly.template, 'AWS::IAM::Role'));
    const [, role] = roles.find(([id]) => id.startsWith('DeliveryRole')) ?? [];
    expect(role?.Properties.AssumeRolePolicyDocument).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { Service: 'firehose.amazonaws.com' },
        },
      ],
    });
  });

  it("uses the bucket's key", () => {
    const guarded = synthesize({ delivery: 'firehose', encryptionKey: 'stack' });
    expect(statementsOf(guarded, 'DeliveryRole').at(-1)).toMatchObject({
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
    });
    expect(guarded.findings).toEqual([]);
  });
});

describe('both functions', () => {
  const functionsOf = ({ template }: Synthesis): [string, Resource][] =>
    Object.entries(resourcesOf(template, 'AWS::Lambda::Function')).filter(([id]) =>
      /^(Archive|Replay)Function/.test(id),
    );

  it(
    'put records into the stream, with a bundle that contains its client',
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
