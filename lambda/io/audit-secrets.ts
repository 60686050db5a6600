import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ArchiverError } from '../core/errors.ts';
import { isObject } from '../core/is-object.ts';
import type { CallOptions } from '../core/ports.ts';
import { callAws } from './aws-errors.ts';
import { type ClientOptions, clientOptions } from './client-options.ts';

/** Reads secrets that hold a JSON object, as those of event source mappings do. */
export interface Secrets {
  /**
   * Returns the fields that the secret has, each of which is text. The values reach no message.
   *
   * @param setting names the secret in messages
   * @throws {ArchiverError} `KAFKA_FAILED` or `STORE_ABORTED`, and `INVALID_SETTINGS` if it lacks a required field
   */
  read<Field extends string, Optional extends string = never>(
    secret: { readonly arn: string; readonly setting: string },
    fields: { readonly required: readonly Field[]; readonly optional?: readonly Optional[] },
    options: CallOptions,
  ): Promise<Readonly<Record<Field, string> & Partial<Record<Optional, string>>>>;
}

/** Creates a client of Secrets Manager. Region and endpoint come from the environment. */
export function createSecretsClient(options: ClientOptions): SecretsManagerClient {
  return new SecretsManagerClient(clientOptions(options));
}

/** Reads secrets from Secrets Manager, anew with each call, since they are rotated. */
export function createSecrets(client: SecretsManagerClient): Secrets {
  return {
    async read({ arn, setting }, { required, optional = [] }, options) {
      const command = new GetSecretValueCommand({ SecretId: arn });
      const action = `reading the secret of ${setting}`;
      const { SecretString = '' } = await callAws(
        { action, code: 'KAFKA_FAILED' },
        options,
        (sent) => client.send(command, sent),
      );
      const fields = parseFields(SecretString);
      const missing = required.filter((name) => fields[name] === undefined);
      if (missing.length > 0) {
        const names = required.map((name) => `'${name}'`).join(' and ');
        throw new ArchiverError(
          'INVALID_SETTINGS',
          `the secret of ${setting} must be a JSON object with ${names} as text, and lacks ${missing.join(', ')}`,
        );
      }
      const names: readonly string[] = [...required, ...optional];
      return Object.fromEntries(
        Object.entries(fields).filter(([name]) => names.includes(name)),
      ) as never;
    },
  };
}

function parseFields(text: string): Readonly<Record<string, string>> {
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return {};
    return Object.fromEntries(
      Object.entries(value).filter((entry): entry is [string, string] => {
        return typeof entry[1] === 'string';
      }),
    );
  } catch {
    return {};
  }
}
