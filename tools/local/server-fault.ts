/**
 * What goes wrong with a request to a server of the emulator: `error` answers that error (`SlowDown` with
 * 503, `InternalError` with 500, or any other) and `reset` breaks the connection, both before anything is
 * done; `lost-answer` carries the request out and then breaks the connection; `hang` does nothing and never
 * answers.
 */
export type ServerFault =
  | { readonly kind: 'error'; readonly status: number; readonly code: string }
  | { readonly kind: 'reset' }
  | { readonly kind: 'lost-answer' }
  | { readonly kind: 'hang' };
