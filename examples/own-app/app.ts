import { App, Duration, Stack } from 'aws-cdk-lib';
import { CfnServerlessCluster } from 'aws-cdk-lib/aws-msk';
import { KafkaArchive } from 'msk-s3-archiver';

const app = new App();
const stack = new Stack(app, 'Shop');

// An existing cluster, by its ARN.
new KafkaArchive(stack, 'Orders', {
  cluster:
    'arn:aws:kafka:eu-west-1:111122223333:cluster/shop/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-3',
  topics: ['orders', 'refunds'],
  networkHas: ['brokers', 's3', 'services'],
});

// A cluster of this app. Its ARN is a token, so `objectPrefix` is required.
const cluster = new CfnServerlessCluster(stack, 'Cluster', {
  clusterName: 'payments',
  clientAuthentication: { sasl: { iam: { enabled: true } } },
  vpcConfigs: [{ subnetIds: ['subnet-0a1b2c3d', 'subnet-1a2b3c4d'] }],
});
const payments = new KafkaArchive(stack, 'Payments', {
  cluster,
  objectPrefix: 'payments/',
  topics: ['payments'],
  batchWindow: Duration.minutes(1),
  timeFolder: 'day',
  networkHas: ['brokers', 's3', 'services'],
});

// The resources of the archive are public properties. This exports the bucket's name to other stacks.
stack.exportValue(payments.bucket.bucketName);

app.synth();
