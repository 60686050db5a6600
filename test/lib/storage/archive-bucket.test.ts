import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, expect, it } from 'vitest';
import { ArchiveBucket, type ArchiveBucketProps } from '../../../lib/storage/archive-bucket.ts';
import { bareStack, propertiesOf, resourcesOf, SYNTH_TIMEOUT_MS } from '../synthesize.ts';

const templateOf = (props?: ArchiveBucketProps): Template => {
  const stack = bareStack();
  new ArchiveBucket(stack, 'Archive', props);
  return Template.fromStack(stack);
};

let template: Template;

beforeAll(() => {
  template = templateOf();
}, SYNTH_TIMEOUT_MS);

const bucket = (): Readonly<Record<string, unknown>> => propertiesOf(template, 'AWS::S3::Bucket');

it('keeps its logical id, so that no change creates a new bucket', () => {
  expect(Object.keys(resourcesOf(template, 'AWS::S3::Bucket'))).toEqual(['ArchiveBucket']);
});

it("is encrypted with S3's keys", () => {
  expect(bucket().BucketEncryption).toEqual({
    ServerSideEncryptionConfiguration: [
      { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
    ],
  });
});

it('keeps versions', () => {
  expect(bucket().VersioningConfiguration).toEqual({ Status: 'Enabled' });
});

it('is never public', () => {
  expect(bucket().PublicAccessBlockConfiguration).toEqual({
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  });
});

it('disables access control lists', () => {
  expect(bucket().OwnershipControls).toEqual({
    Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }],
  });
});

const abortsUploads = {
  Id: 'AbortIncompleteMultipartUploads',
  Status: 'Enabled',
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
};
const removesMarkers = {
  Id: 'RemoveExpiredDeleteMarkers',
  Status: 'Enabled',
  ExpiredObjectDeleteMarker: true,
};

it('aborts incomplete uploads, and expires deleted and overwritten versions, but never a current object', () => {
  expect(bucket().LifecycleConfiguration).toEqual({
    Rules: [
      abortsUploads,
      {
        Id: 'ArchivedObjects',
        Status: 'Enabled',
        NoncurrentVersionExpiration: { NoncurrentDays: 90 },
      },
      removesMarkers,
    ],
  });
});

it('moves objects to colder classes and expires them if configured', () => {
  const cold = templateOf({
    transitions: [
      { name: 'STANDARD_IA', days: 30 },
      { name: 'GLACIER_IR', days: 60 },
      { name: 'DEEP_ARCHIVE', days: 365 },
    ],
    expiration: Duration.days(3650),
    noncurrentVersionRetention: Duration.days(7),
  });
  expect(propertiesOf(cold, 'AWS::S3::Bucket').LifecycleConfiguration).toEqual({
    Rules: [
      abortsUploads,
      {
        Id: 'ArchivedObjects',
        Status: 'Enabled',
        Transitions: [
          { StorageClass: 'STANDARD_IA', TransitionInDays: 30 },
          { StorageClass: 'GLACIER_IR', TransitionInDays: 60 },
          { StorageClass: 'DEEP_ARCHIVE', TransitionInDays: 365 },
        ],
        ExpirationInDays: 3650,
        NoncurrentVersionExpiration: { NoncurrentDays: 7 },
      },
      removesMarkers,
    ],
  });
});

it('denies every request without TLS 1.2 or later', () => {
  const arn = { 'Fn::GetAtt': ['ArchiveBucket', 'Arn'] };
  const deny = {
    Effect: 'Deny',
    Principal: { AWS: '*' },
    Action: 's3:*',
    Resource: [arn, { 'Fn::Join': ['', [arn, '/*']] }],
  };
  expect(propertiesOf(template, 'AWS::S3::BucketPolicy')).toEqual({
    Bucket: { Ref: 'ArchiveBucket' },
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        { ...deny, Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
        { ...deny, Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } } },
      ],
    },
  });
});
