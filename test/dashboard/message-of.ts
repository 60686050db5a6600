import { DashboardError } from '../../dashboard/errors.ts';

/** What a call is refused with, as a user would read it. */
export function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof DashboardError) return error.message;
    throw error;
  }
  throw new TypeError('it was not refused');
}
