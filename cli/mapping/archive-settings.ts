import { GetFunctionConfigurationCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { CallOptions } from '../../lambda/core/ports.ts';
import { type ArchiveEnvironment, archiveEnvironment } from '../../lambda/environment.ts';
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
  const command = new GetFunctionConfigurationCommand({ FunctionName: name });
  const { Environment } = await askAws(`reading the settings of '${name}'`, options, (sent) =>
    client.send(command, sent),
  );
  return archiveEnvironment.decode(Environment?.Variables ?? {});
}
