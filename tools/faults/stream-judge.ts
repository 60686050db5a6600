import type { Buffer } from 'node:buffer';
import { parseObjectKey } from '../../lambda/core/object/parse-object-key.ts';
import { decodeLine } from '../../lambda/core/record/decode-line.ts';
import { readObjects } from '../local/demo/read-back.ts';
import { isSame, type Judgement, type ProducedRecord, placeOf } from './judge.ts';
import { buckets, type World } from './world.ts';

/** The result of reading back a topic that was delivered through a stream. */
export interface StreamJudgement extends Judgement {
  /** Record lines after the first one of their record. Another record of the same offset is altered, and no duplicate. */
  readonly duplicates: number;
  /** Offsets that the acknowledged objects do not contain as often as the stream accepted them. */
  readonly miscounted: number;
}

/** Counts record lines by partition and offset. */
export class LineCounts {
  readonly #counts = new Map<string, number>();

  /** Counts complete lines. */
  add(lines: Buffer): void {
    for (const line of lines.toString().split('\n')) {
      if (line !== '') this.addPlace(placeOf(decodeLine(line)));
    }
  }

  /** Counts one line. @param place from {@link placeOf} */
  addPlace(place: string): void {
    this.#counts.set(place, this.of(place) + 1);
  }

  /** How many lines of this place were counted. */
  of(place: string): number {
    return this.#counts.get(place) ?? 0;
  }
}

/** What a stream accepted and stored. */
export interface StreamRecordings {
  /** The lines that it accepted. */
  readonly taken: LineCounts;
  /** Keys of the objects that S3 acknowledged. Other objects are copies whose acknowledgement was lost. */
  readonly keys: readonly string[];
}

/**
 * Reads a topic back from the stream's objects and from the objects of lines that were too long for it, and compares it with
 * the produced records and the accepted lines.
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
  const asExpected = new Set<string>();
  const inAnswered = new LineCounts();
  const counts = { altered: 0, duplicates: 0, overwritten: 0 };
  for await (const { key, lines } of readObjects(
    world.client,
    buckets.archive,
    `topic=${topic}/`,
  )) {
    if (world.created.get(key) !== 1) counts.overwritten += 1;
    const isOfStream = parseObjectKey(key) === undefined;
    for (const line of lines) {
      const record = decodeLine(line);
      const place = placeOf(record);
      const original = expected.get(place);
      if (!original || !isSame(original, record)) counts.altered += 1;
      else if (asExpected.has(place)) counts.duplicates += 1;
      else asExpected.add(place);
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
