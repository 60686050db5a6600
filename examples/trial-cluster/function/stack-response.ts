import { TrialError } from './errors.ts';
import type { StackResponse } from './stack-request.ts';

/** Timeout of the request, in milliseconds. */
const ANSWER_MS = 20_000;

/**
 * Sends an answer for CloudFormation to the pre-signed S3 URL of the request.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
 *
 * @throws {TrialError} `UNEXPECTED` if S3 does not accept it
 */
export async function respondToStack(url: string, response: StackResponse): Promise<void> {
  const status = await fetch(url, {
    method: 'PUT',
    // The URL is signed for a PUT without a type, which fetch would otherwise add.
    headers: { 'content-type': '' },
    body: Buffer.from(JSON.stringify(response)),
    signal: AbortSignal.timeout(ANSWER_MS),
  }).then(
    ({ ok, status }) => (ok ? undefined : `HTTP ${status}`),
    // Not the error's message, which may contain the URL, and anyone with the URL can answer.
    (error: unknown) => (error instanceof Error ? error.name : typeof error),
  );
  if (status === undefined) return;
  const message = `CloudFormation's URL did not accept the answer: ${status}`;
  throw new TrialError('UNEXPECTED', message, { retryable: true });
}
