/**
 * A fault to inject into a request to a local server:
 *
 * - `error` responds with the status and code (`SlowDown` and 503, `InternalError` and 500, …) before
 *   the request is executed,
 * - `reset` resets the connection before the request is executed,
 * - `lost-answer` executes the request, then closes the connection without a response,
 * - `hang` never executes the request and never responds.
 */
export type ServerFault =
  | { readonly kind: 'error'; readonly status: number; readonly code: string }
  | { readonly kind: 'reset' }
  | { readonly kind: 'lost-answer' }
  | { readonly kind: 'hang' };
