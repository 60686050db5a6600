import { CfnOutput, Duration, Stack, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
// In your own app: import { KafkaArchive } from 'msk-s3-archiver'.
import { KafkaArchive } from '../../lib/index.ts';
import { TrialCluster } from './trial-cluster.ts';

const topics = ['orders'];

/** A cluster for a trial, and an archive of its topics. */
export class TrialStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      description: 'An MSK Serverless cluster for a trial, and an archive of it',
    });

    const trial = new TrialCluster(this, 'Trial', { clusterName: 'kafka-archive-trial', topics });
    const archive = new KafkaArchive(this, 'Orders', {
      cluster: trial.cluster,
      // The default is the cluster's name, which is not known at synth.
      objectPrefix: 'trial/',
      topics,
      // The default of five minutes makes fewer, larger objects.
      batchWindow: Duration.seconds(10),
      networkHas: ['brokers', 's3', 'services'],
    });
    archive.node.addDependency(trial.ready);

    new CfnOutput(this, 'TrialFunctionName', { value: trial.function.functionName });
    Tags.of(this).add('project', 'msk-s3-archiver');
  }
}
