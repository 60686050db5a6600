import { clientOptions } from '../lambda/io/client-options.ts';

/** Which AWS, and who to be there. */
export interface AwsAccess {
  /** @default - the environment's or the profile's */
  readonly region: string | undefined;
  /** @default - the environment's */
  readonly profile: string | undefined;
}

/** Calls at a time, of each client. */
export const MAX_CONNECTIONS = 16;

/** Fewer than a function's: a person waits for the answer, and can ask again. */
const ATTEMPTS = 5;

/** For a server that does not look. */
const anyone = { accessKeyId: 'anyone', secretAccessKey: 'anyone' };
const ANY_REGION = 'us-east-1';

/** What the SDK looks at, and the region and credentials are found in. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Configuration of one client. Region and credentials that are not given are found as the SDK finds them. */
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

function isLoopback(url: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}
