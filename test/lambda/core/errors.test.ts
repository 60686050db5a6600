import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ArchiverError, toArchiverError } from '../../../lambda/core/errors.ts';

describe('ArchiverError', () => {
  it('has a code, a cause, and is not retryable by default', () => {
    const cause = new Error('cause');
    expect(new ArchiverError('STORE_ABORTED', 'message', { retryable: true, cause })).toMatchObject(
      { name: 'ArchiverError', code: 'STORE_ABORTED', message: 'message', retryable: true, cause },
    );
    const bare = new ArchiverError('INVALID_EVENT', 'message');
    expect(bare.retryable).toBe(false);
    expect('cause' in bare).toBe(false);
  });
});

describe('toArchiverError', () => {
  it('returns an ArchiverError unchanged', () => {
    const error = new ArchiverError('INVALID_EVENT', 'message');
    expect(toArchiverError(error)).toBe(error);
  });

  it('keeps the name and stack frames of other errors, but not their message', () => {
    const secret = 'secret\n    at the heart of a payload';
    const error = toArchiverError(new RangeError(secret));
    expect(error).toMatchObject({ code: 'UNEXPECTED', message: 'unexpected RangeError' });
    expect(error.stack).toMatch(/^ArchiverError: unexpected RangeError\n +at .*errors\.test\.ts/);
    expect(inspect(error, { depth: null })).not.toMatch(/secret|payload/);
  });

  it('handles values that are not errors, and errors with a changed stack', () => {
    expect(toArchiverError('secret')).toMatchObject({ message: 'unexpected string' });
    const changed = Object.assign(new TypeError('first'), { message: 'second' });
    expect(inspect(toArchiverError(changed))).not.toMatch(/first|second/);
  });
});
