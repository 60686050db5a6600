/** Every code a {@link TrialError} can carry. */
export const trialErrorCodes = [
  /** The function was invoked with something that is not a command. */
  'INVALID_EVENT',
  /** An environment variable is missing. */
  'INVALID_SETTINGS',
  /** The cluster refused a request or could not be reached. */
  'KAFKA_FAILED',
  /** CloudFormation's answer URL did not accept the answer, or the function has a defect. */
  'UNEXPECTED',
] as const;

/** Options of a {@link TrialError}. */
export interface TrialErrorOptions {
  /** Whether the same call may succeed later. @default false */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** Every failure of the trial function. */
export class TrialError extends Error {
  override readonly name = 'TrialError';
  readonly code: (typeof trialErrorCodes)[number];
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;

  constructor(
    code: (typeof trialErrorCodes)[number],
    message: string,
    { retryable = false, cause }: TrialErrorOptions = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = retryable;
  }
}

/** The error as a {@link TrialError}. The message of any other error is replaced by its name. */
export function toTrialError(error: unknown): TrialError {
  if (error instanceof TrialError) return error;
  const name = error instanceof Error ? error.name : typeof error;
  return new TrialError('UNEXPECTED', `unexpected ${name}`, { cause: error });
}
