import { ArchiverError } from '../../lambda/core/errors.ts';

/** The message that something is refused with as a user's mistake; 'none' where it is not. */
export function refusalOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ArchiverError) || error.code !== 'INVALID_SETTINGS') throw error;
    return error.message;
  }
  return 'none';
}
