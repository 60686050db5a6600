import type { AwsCredentialIdentity } from '@smithy/types';
import { TrialError } from './errors.ts';

/** The settings that the trial function reads from its environment. */
export interface TrialSettings {
  /** The `host:port` of each bootstrap server of the cluster. */
  readonly bootstrapServers: readonly string[];
  readonly region: string;
  /** The credentials of the function's role. */
  readonly credentials: AwsCredentialIdentity;
}

/**
 * The environment variable that the construct sets: the `host:port` of each bootstrap server, separated by
 * commas.
 */
export const BOOTSTRAP_SERVERS = 'BOOTSTRAP_SERVERS';

/**
 * Reads the function's environment, which the construct and Lambda set.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 *
 * @throws {TrialError} `INVALID_SETTINGS`, naming every variable that is missing
 */
export function readTrialSettings(environment: NodeJS.ProcessEnv): TrialSettings {
  const missing: string[] = [];
  const read = (name: string): string => {
    const value = environment[name] ?? '';
    if (value === '') missing.push(name);
    return value;
  };
  const settings = {
    bootstrapServers: read(BOOTSTRAP_SERVERS).split(','),
    region: read('AWS_REGION'),
    credentials: {
      accessKeyId: read('AWS_ACCESS_KEY_ID'),
      secretAccessKey: read('AWS_SECRET_ACCESS_KEY'),
      sessionToken: read('AWS_SESSION_TOKEN'),
    },
  };
  if (missing.length === 0) return settings;
  throw new TrialError('INVALID_SETTINGS', `environment variables not set: ${missing.join(', ')}`);
}
