import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { clientOptions } from '../../lambda/io/client-options.ts';

/** Which AWS, and who to be there. */
export interface AwsOptions {
  /** @default - the environment's or the profile's */
  readonly region: string | undefined;
  /** @default - the environment's */
  readonly profile: string | undefined;
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

/** Calls at a time, of each client. */
export const MAX_CONNECTIONS = 16;

/** Fewer than a function's: a person waits for the answer, and can ask again. */
const ATTEMPTS = 5;

/** For a server that does not look. */
const anyone = { accessKeyId: 'anyone', secretAccessKey: 'anyone' };
const ANY_REGION = 'us-east-1';

type Environment = Readonly<Record<string, string | undefined>>;

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

/** Configuration of one client. */
export function configOf(
  { profile, region }: AwsOptions,
  environment: Environment,
  endpoint: string | undefined,
) {
  const { AWS_ACCESS_KEY_ID, AWS_DEFAULT_REGION, AWS_PROFILE, AWS_REGION } = environment;
  const isLocal = endpoint !== undefined && isLoopback(endpoint);
  const named = region ?? AWS_REGION ?? AWS_DEFAULT_REGION ?? (isLocal ? ANY_REGION : undefined);
  const hasCredentials = (profile ?? AWS_ACCESS_KEY_ID ?? AWS_PROFILE) !== undefined;
  const { requestHandler } = clientOptions({
    maxConnections: MAX_CONNECTIONS,
    random: Math.random,
  });
  return {
    ...{ maxAttempts: ATTEMPTS, requestHandler },
    ...(endpoint !== undefined && { endpoint }),
    ...(named !== undefined && { region: named }),
    ...(profile !== undefined && { profile }),
    ...(isLocal && !hasCredentials && { credentials: anyone }),
  };
}

function isLoopback(url: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}
