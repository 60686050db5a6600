import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { configOf } from '../replay/clients.ts';
import type { ResetAws } from './options.ts';

/** The AWS clients that a reset works with. */
export interface ResetClients {
  readonly lambda: LambdaClient;
  readonly cloudFormation: CloudFormationClient;
  destroy(): void;
}

/** Makes the clients. Region and credentials that are not given are found as the SDK finds them. */
export function createResetClients(
  { lambdaEndpoint, profile, region }: ResetAws,
  environment: Readonly<Record<string, string | undefined>>,
): ResetClients {
  const options = { profile, region, s3Endpoint: undefined, sqsEndpoint: undefined };
  const lambda = new LambdaClient(configOf(options, environment, lambdaEndpoint));
  const cloudFormation = new CloudFormationClient(configOf(options, environment, undefined));
  return {
    ...{ lambda, cloudFormation },
    destroy() {
      lambda.destroy();
      cloudFormation.destroy();
    },
  };
}
