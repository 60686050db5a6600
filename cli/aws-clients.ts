import { S3Client } from '@aws-sdk/client-s3';
import { Option } from '@commander-js/extra-typings';
import { clientOptions } from '../lambda/io/client-options.ts';
import { parseName } from './options.ts';

/** Flags that select the region and the credentials. */
export const awsOptions = {
  region: new Option(
    '--region <name>',
    'AWS region (default: AWS_REGION, or the region of the profile)',
  ).argParser(parseName),
  profile: new Option(
    '--profile <name>',
    'profile with the AWS credentials (default: AWS_PROFILE, or the other sources of the AWS SDK)',
  ).argParser(parseName),
} as const;

/** Region and credentials to use. */
export interface AwsAccess {
  /** @default - that of the environment or of the profile */
  readonly region?: string | undefined;
  /** @default - the credentials that the SDK finds */
  readonly profile?: string | undefined;
}

/** Concurrent calls of each client. */
export const MAX_CONNECTIONS = 16;

/** Fewer than a function's: a person waits for the answer and can run the command again. */
const ATTEMPTS = 5;

/** Credentials for a server that does not check them. */
const anyone = { accessKeyId: 'anyone', secretAccessKey: 'anyone' };
const ANY_REGION = 'us-east-1';

/** Environment variables, from which the SDK's own settings are read. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Configuration of one client. The SDK finds the region and the credentials that are not given. */
export function configOf(
  { profile, region }: AwsAccess,
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

/** Creates an S3 client, as {@link configOf} says. */
export function createS3(
  access: AwsAccess,
  environment: Environment,
  endpoint: string | undefined,
): S3Client {
  return new S3Client({
    ...configOf(access, environment, endpoint),
    // A bucket's name in front of a local server's host name would not resolve.
    ...(endpoint !== undefined && { forcePathStyle: true }),
  });
}

function isLoopback(url: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}
