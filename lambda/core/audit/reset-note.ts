import { ArchiverError } from '../errors.ts';
import { isObject } from '../is-object.ts';
import type { OffsetRange } from '../object/offset-ranges.ts';
import type { CallOptions } from '../ports.ts';
import { type DerivedPlace, resetsPrefix } from './derived-keys.ts';

/** Offsets of a partition that a reset skips, or has read again. */
export interface ResetRange extends OffsetRange {
  readonly partition: number;
}

/**
 * What an operator skipped when a reset moved a consumer group forward, and what the group reads again because it was
 * moved back, which earlier notes explain no more. It is written before the group is moved, so that
 * no skipped offset lacks its note. A note whose reset failed explains nothing that is stored: an offset that the mapping
 * delivered after all is no hole.
 */
export interface ResetNote {
  readonly format: 1;
  readonly topic: string;
  readonly group: string;
  /** ISO 8601: when the reset was about to move the group. */
  readonly at: string;
  /** In the order of partitions, as the next. */
  readonly skipped: readonly ResetRange[];
  /** @default - nothing */
  readonly again?: readonly ResetRange[];
}

/** The notes about the resets of topics. Every method rejects with {@link ArchiverError} `STORE_ABORTED` at a stop. */
export interface ResetNotes {
  /**
   * Returns all notes about a topic, in the order of their keys, which is that of time.
   *
   * @throws {ArchiverError} `LOAD_FAILED`, also for a note of a newer format
   */
  load(topic: string, options: CallOptions): Promise<readonly ResetNote[]>;
  /** @throws {ArchiverError} `STORE_WRITE_FAILED` */
  write(note: ResetNote, options: CallOptions): Promise<void>;
}

/** Offsets that a reset skipped. */
export interface SkippedRange extends ResetRange {
  /** ISO 8601: the reset. */
  readonly at: string;
}

/** Returns what resets skipped and no later one has had read again. @param notes in the order of time */
export function stillSkipped(
  notes: readonly Pick<ResetNote, 'at' | 'skipped' | 'again'>[],
): readonly SkippedRange[] {
  return notes.reduce<readonly SkippedRange[]>(
    (left, { again = [], at, skipped }) => [
      ...again.reduce(withoutRange, left),
      ...skipped.map((range) => ({ ...range, at })),
    ],
    [],
  );
}

function withoutRange(ranges: readonly SkippedRange[], range: ResetRange): SkippedRange[] {
  return ranges.flatMap((each) => {
    if (each.partition !== range.partition) return [each];
    const below = { ...each, last: Math.min(each.last, range.first - 1) };
    const above = { ...each, first: Math.max(each.first, range.last + 1) };
    return [below, above].filter(({ first, last }) => first <= last);
  });
}

/** Key of a note: `audit/shop/topic=orders/resets/2026-11-28T09:00:00.000Z.json`. */
export function resetNoteKey(place: DerivedPlace, { at }: Pick<ResetNote, 'at'>): string {
  return `${resetsPrefix(place)}${at}.json`;
}

/** Writes a note as JSON. */
export function encodeResetNote({ again, at, format, group, skipped, topic }: ResetNote): string {
  const listed = (ranges: readonly ResetRange[] | undefined) =>
    ranges?.map(({ first, last, partition }) => ({ partition, first, last }));
  return JSON.stringify({
    ...{ format, topic, group, at, skipped: listed(skipped), again: listed(again) },
  });
}

/**
 * Reads the JSON of a note.
 *
 * @throws {ArchiverError} `LOAD_FAILED` for anything else, such as a note of a newer format
 */
export function decodeResetNote(text: string, key: string): ResetNote {
  const note = parseJson(text);
  if (isNote(note)) return note;
  throw new ArchiverError('LOAD_FAILED', `'${key}' is no note of a reset in format 1`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isNote(note: unknown): note is ResetNote {
  if (!isObject(note) || note.format !== 1) return false;
  const { again = [], skipped } = note;
  const isRanges = (list: unknown) => Array.isArray(list) && list.every(isRange);
  return [note.topic, note.group, note.at].every(isText) && isRanges(skipped) && isRanges(again);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isRange(range: unknown): range is ResetRange {
  if (!isObject(range)) return false;
  return [range.partition, range.first, range.last].every(Number.isSafeInteger);
}
