import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { type AwsAccess, configOf, type Environment } from '../aws-clients.ts';

/** Region, credentials and server to use. */
export interface ResetAws extends AwsAccess {
  /** Server to use in place of AWS. @default - AWS */
  readonly lambdaEndpoint?: string | undefined;
}

/** The AWS clients of a reset. */
export interface ResetClients {
  readonly lambda: LambdaClient;
  readonly cloudFormation: CloudFormationClient;
  destroy(): void;
}

/** Creates the clients. The SDK finds the region and the credentials that are not given. */
export function createResetClients(options: ResetAws, environment: Environment): ResetClients {
  const lambda = new LambdaClient(configOf(options, environment, options.lambdaEndpoint));
  const cloudFormation = new CloudFormationClient(configOf(options, environment, undefined));
  return {
    ...{ lambda, cloudFormation },
    destroy() {
      lambda.destroy();
      cloudFormation.destroy();
    },
  };
}
