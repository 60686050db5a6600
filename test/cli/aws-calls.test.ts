import { describe, expect, it } from 'vitest';
import { explain } from '../../cli/aws-calls.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';
import { callAws } from '../../lambda/io/aws-errors.ts';
import { failureOf } from './replay/replay-servers.ts';

const call = { code: 'LOAD_FAILED', action: "list of 'failed'" } as const;
const options = { signal: new AbortController().signal, attemptTimeout: 5 };
const named = (name: string, message: string) => Object.assign(new Error(message), { name });

/** The message that the user sees for a call that failed with this cause. */
const told = (cause: unknown) =>
  failureOf(
    callAws(call, options, () => Promise.reject(cause)).catch((error: unknown) => {
      throw explain(error, false);
    }),
  );

describe('a call of AWS', () => {
  it('passes on its time limits', async () => {
    const sent = await callAws(call, options, async (given) => given);
    expect(sent).toEqual({ abortSignal: options.signal, requestTimeout: 5 });
  });

  it.each([
    [
      named('AccessDenied', 'User: u is not\nauthorized'),
      'AccessDenied: User: u is not authorized',
    ],
    [named('NoSuchBucket', 'UnknownError'), 'NoSuchBucket'],
    [named('Error', 'Region is missing'), 'no region: pass --region or set AWS_REGION'],
    [named('Error', 'connect ECONNREFUSED 127.0.0.1:1'), 'connect ECONNREFUSED 127.0.0.1:1'],
    [
      new AggregateError([named('Error', 'no ::1'), named('Error', 'no 127.0.0.1'), 'x']),
      'AggregateError: no ::1; no 127.0.0.1; ',
    ],
    [
      named('CredentialsProviderError', 'Could not load credentials from any providers'),
      "CredentialsProviderError: Could not load credentials from any providers; log in, for example with 'aws sso login', or pass another --profile",
    ],
    [
      named('ExpiredToken', 'The provided token has expired.'),
      "ExpiredToken: The provided token has expired.; log in, for example with 'aws sso login', or pass another --profile",
    ],
    ['no error at all', 'unknown error'],
  ])('that fails is reported on one line with the message of AWS: %s', async (cause, message) => {
    expect(await told(cause)).toBe(`list of 'failed' failed: ${message}`);
  });
});

describe('an explanation', () => {
  it('keeps code and cause', () => {
    const cause = named('SlowDown', 'Reduce your rate.');
    const error = new ArchiverError('QUEUE_FAILED', 'send failed', { cause, retryable: true });
    expect(explain(error, false)).toMatchObject({
      ...{ code: 'QUEUE_FAILED', message: 'send failed: Reduce your rate.' },
      ...{ cause, retryable: true },
    });
  });

  it('is given once, also if two parts of a command add it', () => {
    const error = new ArchiverError('LOAD_FAILED', 'read failed', { cause: named('x', 'No.') });
    expect(explain(explain(error, false), false)).toMatchObject({ message: 'read failed: No.' });
  });

  it('of a call that the user stopped is only that', () => {
    const error = new ArchiverError('STORE_ABORTED', 'list aborted', { cause: new Error('x') });
    expect(explain(error, true)).toMatchObject({ code: 'STORE_ABORTED', message: 'stopped' });
    expect(explain(error, false)).toMatchObject({ message: 'list aborted: x' });
  });

  it('is added to failures of AWS only', () => {
    const defect = new TypeError('x is not a function');
    expect(explain(defect, false)).toBe(defect);
    expect(explain(new ArchiverError('NO_PAYLOAD', 'none'), true)).toMatchObject({
      message: 'none',
    });
  });
});
