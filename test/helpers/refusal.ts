import { ArchiverError } from '../../lambda/core/errors.ts';

/** Returns the message with which a call refuses a user's mistake; 'none' if it does not. */
export function refusalOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ArchiverError) || error.code !== 'INVALID_SETTINGS') throw error;
    return error.message;
  }
  return 'none';
}
