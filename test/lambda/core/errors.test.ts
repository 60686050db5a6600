import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ArchiverError, toArchiverError } from '../../../lambda/core/errors.ts';

describe('ArchiverError', () => {
  it('carries code, cause and whether to try again, which it is not to unless told', () => {
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
  it('leaves our own errors as they are', () => {
    const error = new ArchiverError('INVALID_EVENT', 'message');
    expect(toArchiverError(error)).toBe(error);
  });

  it('keeps name and place of others, and not a word of their text', () => {
    const secret = 'secret\n    at the heart of a payload';
    const error = toArchiverError(new RangeError(secret));
    expect(error).toMatchObject({ code: 'UNEXPECTED', message: 'unexpected RangeError' });
    expect(error.stack).toMatch(/^ArchiverError: unexpected RangeError\n +at .*errors\.test\.ts/);
    expect(inspect(error, { depth: null })).not.toMatch(/secret|payload/);
  });

  it('takes what is no error, and an error whose stack was changed', () => {
    expect(toArchiverError('secret')).toMatchObject({ message: 'unexpected string' });
    const changed = Object.assign(new TypeError('first'), { message: 'second' });
    expect(inspect(toArchiverError(changed))).not.toMatch(/first|second/);
  });
});
