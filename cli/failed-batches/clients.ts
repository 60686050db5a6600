import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type AwsAccess, configOf, createS3, type Environment } from '../aws-clients.ts';

/** Region, credentials and servers to use. */
export interface ClientOptions extends AwsAccess {
  /** Server to use in place of AWS. @default - AWS */
  readonly s3Endpoint?: string | undefined;
  /** Server to use in place of AWS. @default - AWS */
  readonly sqsEndpoint?: string | undefined;
}

/** The AWS clients of the commands for failed batches. */
export interface Clients {
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly cloudFormation: CloudFormationClient;
  destroy(): void;
}

/** Creates the clients. The SDK finds the region and the credentials that are not given. */
export function createClients(options: ClientOptions, environment: Environment): Clients {
  const { s3Endpoint, sqsEndpoint } = options;
  const s3 = createS3(options, environment, s3Endpoint);
  const sqs = new SQSClient(configOf(options, environment, sqsEndpoint));
  const cloudFormation = new CloudFormationClient(configOf(options, environment, undefined));
  return {
    ...{ s3, sqs, cloudFormation },
    destroy() {
      for (const client of [s3, sqs, cloudFormation]) client.destroy();
    },
  };
}
