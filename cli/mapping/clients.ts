import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import { type AwsAccess, configOf, createS3, type Environment } from '../aws-clients.ts';

/** Region, credentials and servers to use. */
export interface MappingAws extends AwsAccess {
  /** Server to use in place of AWS. @default - AWS */
  readonly lambdaEndpoint?: string | undefined;
  /** Server to use in place of AWS. @default - AWS */
  readonly s3Endpoint?: string | undefined;
}

/** The AWS clients of the commands that work with a mapping. */
export interface MappingClients {
  readonly lambda: LambdaClient;
  readonly s3: S3Client;
  readonly cloudFormation: CloudFormationClient;
  destroy(): void;
}

/** Creates the clients. The SDK finds the region and the credentials that are not given. */
export function createMappingClients(
  options: MappingAws,
  environment: Environment,
): MappingClients {
  const lambda = new LambdaClient(configOf(options, environment, options.lambdaEndpoint));
  const s3 = createS3(options, environment, options.s3Endpoint);
  const cloudFormation = new CloudFormationClient(configOf(options, environment, undefined));
  return {
    ...{ lambda, s3, cloudFormation },
    destroy() {
      for (const client of [lambda, s3, cloudFormation]) client.destroy();
    },
  };
}
