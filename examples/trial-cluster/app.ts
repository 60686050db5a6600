import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { TrialStack } from './trial-stack.ts';

/** The CDK app of `cdk.json`. */
const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
new TrialStack(app, 'KafkaArchiveTrial');
