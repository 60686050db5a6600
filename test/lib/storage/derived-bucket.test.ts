import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, expect, it } from 'vitest';
import { DerivedBucket } from '../../../lib/storage/derived-bucket.ts';
import { bareStack, propertiesOf, resourcesOf, SYNTH_TIMEOUT_MS } from '../synthesize.ts';

let template: Template;

beforeAll(() => {
  const stack = bareStack();
  new DerivedBucket(stack, 'Derived', {});
  template = Template.fromStack(stack);
}, SYNTH_TIMEOUT_MS);

it('keeps its logical id, so that no change creates a new bucket', () => {
  expect(Object.keys(resourcesOf(template, 'AWS::S3::Bucket'))).toEqual(['DerivedBucket']);
});

it('sends its events to EventBridge, without a function that may change notifications', () => {
  const { NotificationConfiguration } = propertiesOf(template, 'AWS::S3::Bucket');
  expect(NotificationConfiguration).toEqual({
    EventBridgeConfiguration: { EventBridgeEnabled: true },
  });
  expect(resourcesOf(template, 'AWS::Lambda::Function')).toEqual({});
});

it('expires replaced versions after 30 days, and nothing else', () => {
  const { LifecycleConfiguration, VersioningConfiguration } = propertiesOf(
    template,
    'AWS::S3::Bucket',
  );
  expect(VersioningConfiguration).toEqual({ Status: 'Enabled' });
  expect(LifecycleConfiguration).toEqual({
    Rules: [
      {
        Id: 'AbortIncompleteMultipartUploads',
        Status: 'Enabled',
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
      },
      {
        Id: 'ExpireReplaced',
        Status: 'Enabled',
        NoncurrentVersionExpiration: { NoncurrentDays: 30 },
        ExpiredObjectDeleteMarker: true,
      },
    ],
  });
});
