import type { Buffer } from 'node:buffer';
import { readObjects, readRecordLine } from '../local/demo/read-back.ts';
import { isSame, type Judgement, type ProducedRecord, placeOf, runOf } from './judge.ts';
import { buckets, type World } from './world.ts';

/** What reading a topic back that came through a stream showed. */
export interface StreamJudgement extends Judgement {
  /** Record lines beyond the first of their offset. */
  readonly duplicates: number;
  /** Offsets that are not in answered objects as often as the stream took them. */
  readonly miscounted: number;
}

/** Counts lines by partition and offset. */
export class LineCounts {
  readonly #counts = new Map<string, number>();

  /** Counts whole lines, one after the other. */
  add(lines: Buffer): void {
    for (const line of lines.toString().split('\n')) {
      if (line !== '') this.addPlace(placeOf(readRecordLine(line)));
    }
  }

  /** Counts one. @param place from {@link placeOf} */
  addPlace(place: string): void {
    this.#counts.set(place, this.of(place) + 1);
  }

  /** How often it was counted. */
  of(place: string): number {
    return this.#counts.get(place) ?? 0;
  }
}

/** What a stream did. */
export interface StreamRecordings {
  /** Lines that it took. */
  readonly taken: LineCounts;
  /** Keys of the objects that S3 told it to have. Others are doubles of theirs, whose answer was lost. */
  readonly keys: readonly string[];
}

/**
 * Reads all of a topic back, from the stream's objects and from those of lines too long for it, and compares it
 * with what was produced and what the stream took.
 */
export async function judgeStream(
  world: World,
  topic: string,
  produced: readonly ProducedRecord[],
  { keys, taken }: StreamRecordings,
): Promise<StreamJudgement> {
  const expected = new Map(produced.map((record) => [placeOf(record), record]));
  const answered = new Set(keys);
  const found = new LineCounts();
  const inAnswered = new LineCounts();
  const counts = { altered: 0, duplicates: 0, overwritten: 0 };
  for await (const { key, lines } of readObjects(
    world.client,
    buckets.archive,
    `topic=${topic}/`,
  )) {
    if (world.created.get(key) !== 1) counts.overwritten += 1;
    const isOfStream = runOf(key) === undefined;
    for (const line of lines) {
      const record = readRecordLine(line);
      const place = placeOf(record);
      const original = expected.get(place);
      if (!original || !isSame(original, record)) counts.altered += 1;
      if (found.of(place) > 0) counts.duplicates += 1;
      found.addPlace(place);
      if (isOfStream && answered.has(key)) inAnswered.addPlace(place);
    }
  }
  const places = [...expected.keys()];
  return {
    ...counts,
    produced: produced.length,
    lost: places.filter((place) => found.of(place) === 0).length,
    miscounted: places.filter((place) => inAnswered.of(place) !== taken.of(place)).length,
    ...{ unexplained: 0, overlaps: 0 },
  };
}
