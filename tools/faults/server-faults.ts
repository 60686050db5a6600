import type { ServerFault } from '../local/server-fault.ts';
import type { Kind } from './cell.ts';

/** What a server answers a call with that fails so; undefined where it is carried out. */
export function serverFaultOf(
  kind: Kind,
  throttled: { readonly status: number; readonly code: string },
): ServerFault | undefined {
  switch (kind) {
    case 'throttle':
      return { kind: 'error', ...throttled };
    case 'error':
      return { kind: 'error', status: 500, code: 'InternalError' };
    case 'reset':
    case 'hang':
    case 'lost-answer':
      return { kind };
    default:
      return undefined;
  }
}
