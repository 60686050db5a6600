import { App, Stack } from 'aws-cdk-lib';
import { KafkaArchive } from 'msk-s3-archiver';

const app = new App();

// The module is bundled at synth, with the esbuild of the app.
new KafkaArchive(new Stack(app, 'Enriched'), 'Orders', {
  cluster:
    'arn:aws:kafka:eu-west-1:111122223333:cluster/shop/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-3',
  topics: ['orders'],
  networkHas: ['brokers', 's3', 'services'],
  enrich: 'enrich.ts',
});

app.synth();
