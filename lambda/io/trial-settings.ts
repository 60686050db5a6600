import type { AwsCredentialIdentity } from '@smithy/types';
import { trialEnvironmentNames } from '../trial-contract.ts';
import { Reader } from './settings.ts';

/** What the trial function reads from its environment. */
export interface TrialSettings {
  /** `host:port` of the trial cluster. */
  readonly bootstrapServers: readonly string[];
  readonly region: string;
  /** Of the function's role. */
  readonly credentials: AwsCredentialIdentity;
}

/**
 * Reads the trial function's environment, which the construct and Lambda itself write.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 *
 * @throws {ArchiverError} `INVALID_SETTINGS`, naming every variable that is missing
 */
export function readTrialSettings(environment: NodeJS.ProcessEnv): TrialSettings {
  const reader = new Reader(environment);
  const { bootstrapServers } = trialEnvironmentNames;
  return reader.checked({
    bootstrapServers: reader.read(
      bootstrapServers,
      (text) => (text === '' ? undefined : text.split(',')),
      'host:port, with commas between',
    ),
    region: reader.text('AWS_REGION', 'a region'),
    credentials: {
      accessKeyId: reader.text('AWS_ACCESS_KEY_ID', 'an access key'),
      secretAccessKey: reader.text('AWS_SECRET_ACCESS_KEY', 'a secret'),
      sessionToken: reader.text('AWS_SESSION_TOKEN', 'a token'),
    },
  });
}
