import { ArchiverError } from '../../../lambda/core/errors.ts';

/** What failed although nothing was asked wrongly: a download, or a broker that does not start. */
export class KafkaClusterError extends Error {
  override readonly name = 'KafkaClusterError';
}

/** A wish that cannot be met as it is, in one line that says what to change. */
export function invalidSettings(message: string): ArchiverError {
  return new ArchiverError('INVALID_SETTINGS', message);
}
