import { describe, expect, it } from 'vitest';
import {
  decodeResetNote,
  encodeResetNote,
  type ResetNote,
  resetNoteKey,
  stillSkipped,
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
    const back = { ...note, again: [{ partition: 4, first: 0, last: 7 }] };
    expect(decodeResetNote(encodeResetNote(back), 'key')).toEqual(back);
  });

  it('explains what was skipped until the group reads it again', () => {
    const range = (first: number, last: number, partition = 3) => ({ partition, first, last });
    const at = (hour: number) => `2026-11-28T0${hour}:00:00.000Z`;
    const notes = [
      { at: at(1), skipped: [range(10, 19), range(0, 9, 4)] },
      { at: at(2), skipped: [], again: [range(14, 15), range(0, 9, 5)] },
      { at: at(3), skipped: [range(30, 39)] },
      { at: at(4), skipped: [range(50, 59)], again: [range(35, 99)] },
    ];
    expect(stillSkipped(notes)).toEqual([
      { ...range(10, 13), at: at(1) },
      { ...range(16, 19), at: at(1) },
      { ...range(0, 9, 4), at: at(1) },
      { ...range(30, 34), at: at(3) },
      { ...range(50, 59), at: at(4) },
    ]);
  });

  it.each([
    ['no JSON', 'x'],
    ['no object', '[]'],
    ['of a newer format', text.replace('"format":1', '"format":2')],
    ['without ranges', text.replace('"skipped"', '"other"')],
    ['with a range that is none', text.replace('149', '"149"')],
    ['with a range that is no object', text.replace(/\[.*\]/, '[7]')],
    ['with other ranges that are none', text.replace('}]}', '}],"again":7}')],
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
