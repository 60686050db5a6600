import { ArchiverError } from '../core/errors.ts';
import type { StackResponse } from '../core/stack-request.ts';

/** Milliseconds that S3 has to take an answer. */
const ANSWER_MS = 20_000;

/**
 * Puts an answer for CloudFormation to the pre-signed URL of the request.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
 *
 * @throws {ArchiverError} `UNEXPECTED` where S3 does not take it
 */
export async function respondToStack(url: string, response: StackResponse): Promise<void> {
  const status = await fetch(url, {
    method: 'PUT',
    // The URL is signed for a put without a type, which fetch would fill in.
    headers: { 'content-type': '' },
    body: Buffer.from(JSON.stringify(response)),
    signal: AbortSignal.timeout(ANSWER_MS),
  }).then(
    ({ ok, status }) => (ok ? undefined : `HTTP ${status}`),
    // Not its message, which may quote the URL: who has that may answer.
    (error: unknown) => (error instanceof Error ? error.name : typeof error),
  );
  if (status === undefined) return;
  const message = `the answer to CloudFormation was not taken: ${status}`;
  throw new ArchiverError('UNEXPECTED', message, { retryable: true });
}
