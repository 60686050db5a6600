import { describe, expect, it } from 'vitest';
import { progressOn } from '../../cli/terminal.ts';

function stream(isTTY: boolean) {
  const written: string[] = [];
  const write = (text: string | Uint8Array) => written.push(String(text)) > 0;
  return { isTTY, columns: 10, write, written };
}

describe('progress', () => {
  it('overwrites itself on a terminal, within the width of the line', () => {
    const { written, ...terminal } = stream(true);
    const progress = progressOn(terminal);
    for (const line of ['1 of 2', '2 of 2, and much more', '']) progress(line);
    expect(written).toEqual(['\r\x1b[K1 of 2', '\r\x1b[K2 of 2, a', '\r\x1b[K']);
  });

  it('is a line now and then on any other stream', () => {
    const { written, ...file } = stream(false);
    const progress = progressOn(file);
    for (const line of ['', '1 of 2', '2 of 2', '']) progress(line);
    expect(written).toEqual(['1 of 2\n']);
  });
});
