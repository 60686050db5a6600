import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { configOf, type Environment } from '../aws-clients.ts';
import type { ResetAws } from './options.ts';

/** The AWS clients that a reset works with. */
export interface ResetClients {
  readonly lambda: LambdaClient;
  readonly cloudFormation: CloudFormationClient;
  destroy(): void;
}

/** Makes the clients. Region and credentials that are not given are found as the SDK finds them. */
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
