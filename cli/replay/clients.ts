import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type AwsAccess, configOf, type Environment } from '../aws-clients.ts';

/** Which AWS, and who to be there. */
export interface AwsOptions extends AwsAccess {
  /** Of servers of one's own. @default - those of AWS */
  readonly s3Endpoint: string | undefined;
  readonly sqsEndpoint: string | undefined;
}

/** The clients that the command line works with. */
export interface Clients {
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly cloudFormation: CloudFormationClient;
  destroy(): void;
}

/** Makes the clients. Region and credentials that are not given are found as the SDK finds them. */
export function createClients(options: AwsOptions, environment: Environment): Clients {
  const { s3Endpoint, sqsEndpoint } = options;
  // A name in front of a local server's own would lead nowhere.
  const pathStyle = s3Endpoint === undefined ? {} : { forcePathStyle: true };
  const s3 = new S3Client({ ...configOf(options, environment, s3Endpoint), ...pathStyle });
  const sqs = new SQSClient(configOf(options, environment, sqsEndpoint));
  const cloudFormation = new CloudFormationClient(configOf(options, environment, undefined));
  return {
    ...{ s3, sqs, cloudFormation },
    destroy() {
      for (const client of [s3, sqs, cloudFormation]) client.destroy();
    },
  };
}
