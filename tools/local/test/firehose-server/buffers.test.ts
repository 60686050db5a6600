import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { type FolderBuffer, FolderBuffers } from '../../firehose-server/buffers.ts';

const piece = (text: string) => ({ data: Buffer.from(text), lines: 1 });

const textsOf = (buffers: readonly (FolderBuffer | undefined)[]) =>
  buffers.map((each) => [each?.folder, each?.pieces.map(({ data }) => data.toString()).join('')]);

const buffersOf = () => new FolderBuffers({ bytes: 6, milliseconds: 1000 });

describe('buffers', () => {
  it('are closed by the piece that fills them, each by itself', () => {
    const buffers = buffersOf();
    expect(buffers.add('a/', piece('123'), 0)).toBeUndefined();
    expect(buffers.add('b/', piece('12345'), 0)).toBeUndefined();
    expect(textsOf([buffers.add('a/', piece('4567'), 0)])).toEqual([['a/', '1234567']]);
    expect(textsOf([buffers.add('b/', piece('6'), 0)])).toEqual([['b/', '123456']]);
    expect(buffers.count).toBe(0);
  });

  it('are due so long after their first piece, and not before', () => {
    const buffers = buffersOf();
    expect(buffers.nextDue()).toBe(Number.POSITIVE_INFINITY);
    buffers.add('a/', piece('1'), 100);
    buffers.add('b/', piece('1'), 200);
    buffers.add('a/', piece('2'), 900);
    expect(buffers.nextDue()).toBe(1100);
    expect(buffers.takeDue(1099)).toEqual([]);
    expect(textsOf(buffers.takeDue(1100))).toEqual([['a/', '12']]);
    expect([buffers.nextDue(), buffers.has('a/'), buffers.has('b/')]).toEqual([1200, false, true]);
  });

  it('are all closed when asked for', () => {
    const buffers = buffersOf();
    buffers.add('a/', piece('1'), 5);
    buffers.add('b/', piece('2'), 6);
    expect(textsOf(buffers.takeAll())).toEqual([
      ['a/', '1'],
      ['b/', '2'],
    ]);
    expect(buffers.takeAll()).toEqual([]);
  });

  it('keep the time of their first piece', () => {
    const buffers = buffersOf();
    buffers.add('a/', piece('1'), 5);
    buffers.add('a/', piece('2'), 6);
    expect(buffers.takeAll()).toMatchObject([{ openedAt: 5 }]);
  });
});
