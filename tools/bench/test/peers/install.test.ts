import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../peers/install.ts';

describe('reasonOf', () => {
  it('is what Go says of a module that is not to be had, without the host', () => {
    const output = [
      'go: downloading example.com/a v1.0.0',
      'go: example.com/b@v1.2.0: reading https://proxy.example/example.com/b/@v/v1.2.0.zip: 403 Forbidden',
      '\tserver response: This module version is not available.',
    ];
    expect(reasonOf(output.join('\n'))).toBe(
      'go: example.com/b@v1.2.0: reading example.com/b/@v/v1.2.0.zip: 403 Forbidden: server response: This module version is not available.',
    );
  });

  it('is what Maven says, without its marks', () => {
    const output = '\u001b[0m[ERROR] Could not find artifact a:b:jar:1\n[ERROR] Try again\n';
    expect(reasonOf(output)).toBe('Could not find artifact a:b:jar:1: Try again');
  });

  it('is the last line where none tells of an error, and nothing where there is none', () => {
    expect(reasonOf('one\ntwo\n')).toBe('two');
    expect(reasonOf('\n')).toBeUndefined();
  });
});
