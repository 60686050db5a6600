import { GetFunctionConfigurationCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { CallOptions } from '../../lambda/core/ports.ts';
import {
  type ArchiveEnvironment,
  type AuditEnvironment,
  archiveEnvironment,
  auditEnvironment,
} from '../../lambda/environment.ts';
import { askAws } from './errors.ts';

/**
 * Reads the settings of a deployed archive from the environment of its archive function.
 *
 * @param name of the function, or its ARN, with a version or without
 * @throws {ArchiverError} `LOAD_FAILED` or `STORE_ABORTED`; `INVALID_SETTINGS` for a function of another version
 */
export async function readArchiveSettings(
  client: LambdaClient,
  name: string,
  options: CallOptions,
): Promise<ArchiveEnvironment> {
  return archiveEnvironment.decode(await readVariables(client, name, options));
}

/** Reads the settings of a deployed archive's audit, as {@link readArchiveSettings} those of the archive function. */
export async function readAuditSettings(
  client: LambdaClient,
  name: string,
  options: CallOptions,
): Promise<AuditEnvironment> {
  return auditEnvironment.decode(await readVariables(client, name, options));
}

async function readVariables(client: LambdaClient, FunctionName: string, options: CallOptions) {
  const command = new GetFunctionConfigurationCommand({ FunctionName });
  const action = `reading the settings of the function '${FunctionName}'`;
  const { Environment } = await askAws(action, options, (sent) => client.send(command, sent));
  return Environment?.Variables ?? {};
}
