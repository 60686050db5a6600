import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timeFolders } from '../../../../lambda/contract.ts';
import { folderOf, periodOf } from '../../../../lambda/core/object/object-key.ts';
import {
  deAggregate,
  folderOfLine,
  linesOf,
  MOST_PIECES,
  withDelimiter,
} from '../../firehose-server/folders.ts';

const piecesOf = (text: string) => deAggregate(Buffer.from(text)).map(String);

describe('de-aggregation', () => {
  it.each([
    ['a\nb\n', ['a', 'b']],
    ['a\nb', ['a', 'b']],
    ['a\n\nb\n', ['a', '', 'b']],
    ['', []],
  ])('of %j is %j', (text, pieces) => {
    expect(piecesOf(text)).toEqual(pieces);
  });

  it('is the inverse of packing lines', () => {
    fc.assert(
      fc.property(fc.array(fc.string().filter((line) => !line.includes('\n'))), (lines) => {
        const packed = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const pieces = deAggregate(packed);
        expect(Buffer.concat(pieces.map(withDelimiter))).toEqual(packed);
        expect(linesOf(packed)).toBe(lines.length);
      }),
    );
  });

  it('leaves a record of more pieces than 500 whole', () => {
    expect(piecesOf('x\n'.repeat(MOST_PIECES))).toHaveLength(500);
    expect(piecesOf('x\n'.repeat(MOST_PIECES + 1))).toEqual(['x\n'.repeat(501)]);
  });
});

describe('the number of lines', () => {
  it.each([
    ['', 0],
    ['a', 1],
    ['a\n', 1],
    ['a\nb', 2],
    ['\n\n', 2],
  ])('of %j is %i', (text, lines) => {
    expect(linesOf(Buffer.from(text))).toBe(lines);
  });
});

describe('the folder of a line', () => {
  const timestamps = [
    ...[1_763_895_200_000, 1_795_426_000_999, null, -1, 0, 946_684_799_999],
    ...[946_684_800_000, 253_402_300_799_999, 253_402_300_800_000],
  ];

  it.each(timeFolders)('by %s is the one that the functions store it in', (timeFolder) => {
    const folders = timestamps.map((timestamp) => {
      const line = { topic: 'a-b.c', timestamp, value: { topic: 'x', timestamp: 1 } };
      return folderOfLine(Buffer.from(JSON.stringify(line)), timeFolder);
    });
    expect(folders).toEqual(
      timestamps.map((each) => `topic=a-b.c/${folderOf(periodOf(each, timeFolder), timeFolder)}`),
    );
  });

  it.each(['', 'no JSON', 'null', '[]', '"x"', '{}', '{"topic":1}', '{"topic":""}'])(
    'is none for %j',
    (line) => {
      expect(folderOfLine(Buffer.from(line), 'hour')).toBeUndefined();
    },
  );

  it('is that of no time for a timestamp that is no number', () => {
    const line = Buffer.from('{"topic":"t","timestamp":"2026-11-23"}');
    expect(folderOfLine(line, 'hour')).toBe('topic=t/dt=invalid/hour=00/');
  });
});
