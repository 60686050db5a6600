import { describe, expect, it } from 'vitest';
import {
  decodeResetNote,
  encodeResetNote,
  type ResetNote,
  resetNoteKey,
} from '../../../../lambda/core/audit/reset-note.ts';

const note: ResetNote = {
  format: 1,
  topic: 'orders',
  group: 'shop-orders',
  at: '2026-11-28T09:00:00.000Z',
  skipped: [{ partition: 3, first: 100, last: 149 }],
};

const text =
  '{"format":1,"topic":"orders","group":"shop-orders","at":"2026-11-28T09:00:00.000Z",' +
  '"skipped":[{"partition":3,"first":100,"last":149}]}';

describe('the note of a reset', () => {
  it('is JSON below the topic, in the order of time', () => {
    expect(resetNoteKey({ objectPrefix: 'shop/', topic: 'orders' }, note)).toBe(
      'audit/shop/topic=orders/resets/2026-11-28T09:00:00.000Z.json',
    );
    expect(encodeResetNote(note)).toBe(text);
    expect(decodeResetNote(text, 'key')).toEqual(note);
  });

  it.each([
    ['no JSON', 'x'],
    ['no object', '[]'],
    ['of a newer format', text.replace('"format":1', '"format":2')],
    ['without ranges', text.replace('"skipped"', '"other"')],
    ['with a range that is none', text.replace('149', '"149"')],
    ['with a range that is no object', text.replace(/\[.*\]/, '[7]')],
    ['without a time', text.replace('"at"', '"when"')],
  ])('is refused if it is %s', (_, broken) => {
    expect(() => decodeResetNote(broken, 'audit/x.json')).toThrow(
      expect.objectContaining({
        code: 'LOAD_FAILED',
        message: "'audit/x.json' is no note of a reset in format 1",
      }),
    );
  });
});
