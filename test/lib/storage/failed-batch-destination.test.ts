import { Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { expect, it } from 'vitest';
import { FailedBatchDestination } from '../../../lib/storage/failed-batch-destination.ts';
import { bareStack, propertiesOf, resourcesOf, SYNTH_TIMEOUT_MS } from '../synthesize.ts';

const MAPPING = 'AWS::Lambda::EventSourceMapping';

/** One function, with the given number of mappings that share a destination. */
function templateOf(mappings: number): Template {
  const stack = bareStack();
  const target = new lambda.Function(stack, 'Function', {
    runtime: lambda.Runtime.NODEJS_24_X,
    code: lambda.Code.fromInline('exports.handler = async () => {};'),
    handler: 'index.handler',
  });
  const bucket = new Bucket(stack, 'Bucket');
  const onFailure = new FailedBatchDestination(bucket);
  for (let index = 0; index < mappings; index += 1) {
    new lambda.EventSourceMapping(stack, `Mapping${index}`, {
      target,
      eventSourceArn: 'arn:aws:kafka:eu-west-1:111122223333:cluster/example/0f1e-3',
      kafkaTopic: `topic-${index}`,
      startingPosition: lambda.StartingPosition.TRIM_HORIZON,
      onFailure,
    });
  }
  return Template.fromStack(stack);
}

it(
  'allows the function only to put failed batches into the bucket',
  () => {
    const template = templateOf(1);
    const [id = ''] = Object.keys(resourcesOf(template, 'AWS::S3::Bucket'));
    const arn = { 'Fn::GetAtt': [id, 'Arn'] };
    const isOwn = { StringEquals: { 's3:ResourceAccount': { Ref: 'AWS::AccountId' } } };
    expect(propertiesOf(template, 'AWS::IAM::Policy').PolicyDocument).toEqual({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 's3:ListBucket', Resource: arn, Condition: isOwn },
        {
          Effect: 'Allow',
          Action: 's3:PutObject',
          Resource: { 'Fn::Join': ['', [arn, '/*']] },
          Condition: isOwn,
        },
      ],
    });
    expect(propertiesOf(template, MAPPING).DestinationConfig).toEqual({
      OnFailure: { Destination: arn },
    });
  },
  SYNTH_TIMEOUT_MS,
);

it(
  'grants this once for several mappings, each of which is created afterwards',
  () => {
    const template = templateOf(3);
    const [policy] = Object.keys(resourcesOf(template, 'AWS::IAM::Policy'));
    const mappings = Object.values(resourcesOf(template, MAPPING));
    expect(propertiesOf(template, 'AWS::IAM::Policy').PolicyDocument).toHaveProperty(
      'Statement.length',
      2,
    );
    expect(mappings.map(({ DependsOn }) => DependsOn)).toEqual([[policy], [policy], [policy]]);
  },
  SYNTH_TIMEOUT_MS,
);
