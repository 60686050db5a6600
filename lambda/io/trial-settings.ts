import type { AwsCredentialIdentity } from '@smithy/types';
import { ArchiverError } from '../core/errors.ts';
import { trialEnvironmentNames } from '../trial-contract.ts';

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

/** Reads variables, and collects their problems. */
class Reader {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #problems: string[] = [];

  constructor(environment: NodeJS.ProcessEnv) {
    this.#environment = environment;
  }

  /** Returns the value of a variable; only valid if {@link checked} does not throw. */
  read<Value>(name: string, parse: (text: string) => Value | undefined, wanted: string): Value {
    const text = this.#environment[name];
    const value = text === undefined ? undefined : parse(text);
    if (value === undefined) {
      const got = text === undefined ? 'none' : `'${text}'`;
      this.#problems.push(`${name} must be ${wanted}, got ${got}`);
    }
    return value as Value;
  }

  text(name: string, wanted: string): string {
    return this.read(name, (text) => text || undefined, wanted);
  }

  /** Returns the settings if there are no problems. */
  checked<Settings extends object>(settings: Settings): Readonly<Settings> {
    if (this.#problems.length > 0) {
      throw new ArchiverError('INVALID_SETTINGS', this.#problems.join('; '));
    }
    return Object.freeze(settings);
  }
}
