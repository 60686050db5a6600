import type {
  ArchiveSource,
  ListedLevel,
  ListedObject,
  StoredObject,
} from '../../../lambda/core/object/archive-source.ts';
import { folderOf } from '../../../lambda/core/object/object-key.ts';
import { OffsetRanges } from '../../../lambda/core/object/offset-ranges.ts';
import type { KeyRun } from '../../../lambda/core/object/parse-object-key.ts';

/** The topic of the archive. */
export const TOPIC = 'orders';

/** The prefix of its objects. */
export const TOPIC_FOLDER = `topic=${TOPIC}/`;

const PAGE = 1000;
const HOUR_MS = 3_600_000;
/** The number of the first hour, in UTC. */
const FIRST_HOUR = Date.UTC(2026, 0, 1) / HOUR_MS;

/** Offsets between two transaction marks, the second one included. */
const MARK_EVERY = 100;

/** What an archive holds: each object has one run. */
export interface ArchiveShape {
  readonly partitions: number;
  /** Offsets of a run. */
  readonly runOffsets: number;
  /** Runs of each partition in an hour. */
  readonly runsPerHour: number;
  readonly hours: number;
  /** Whether every hundredth offset is a transaction mark. */
  readonly hasMarks: boolean;
}

/** An archive whose listing is computed page by page, in the order of keys, as S3 returns it. */
export class SimulatedArchive implements ArchiveSource {
  readonly name = 'a simulated archive';
  /** Keys and pages that were listed. */
  keys = 0;
  pages = 0;
  /** Hours that have objects by now. */
  hours: number;
  /** Keys that were deleted. */
  readonly deleted = new Set<string>();
  readonly #shape: ArchiveShape;

  constructor(shape: ArchiveShape) {
    this.#shape = shape;
    this.hours = shape.hours;
  }

  /** Epoch milliseconds: when the last hour ends. */
  get now(): number {
    return (FIRST_HOUR + this.hours) * HOUR_MS;
  }

  /** The offset after the last one of each partition. */
  get end(): number {
    return this.hours * this.#shape.runsPerHour * this.#shape.runOffsets;
  }

  async listLevel(): Promise<ListedLevel> {
    throw new TypeError('levels are not simulated');
  }

  async *listAll(prefix: string): AsyncGenerator<readonly ListedObject[]> {
    let page: ListedObject[] = [];
    for (let hour = 0; hour < this.hours; hour++) {
      const folder = `${TOPIC_FOLDER}${folderOf(FIRST_HOUR + hour, 'hour')}`;
      if (!folder.startsWith(prefix)) continue;
      for (const name of this.#names(hour)) {
        const key = `${folder}${name}`;
        if (this.deleted.has(key)) continue;
        page.push({ key, bytes: 1_000_000 });
        if (page.length < PAGE) continue;
        yield this.#count(page);
        page = [];
      }
    }
    if (page.length > 0) yield this.#count(page);
  }

  async read(): Promise<StoredObject> {
    throw new TypeError('bodies are not simulated: see offsetsOf');
  }

  /** Returns the offsets of a run, as the body of its object has them. */
  offsetsOf({ first, last }: KeyRun): OffsetRanges {
    const offsets = new OffsetRanges();
    for (let next = first; next <= last; next += MARK_EVERY) {
      offsets.add({ first: next, last: Math.min(last, next + MARK_EVERY - 2) });
    }
    return offsets;
  }

  #count(page: readonly ListedObject[]): readonly ListedObject[] {
    this.pages += 1;
    this.keys += page.length;
    return page;
  }

  #names(hour: number): string[] {
    const { hasMarks, partitions, runOffsets, runsPerHour } = this.#shape;
    const names: string[] = [];
    for (let partition = 0; partition < partitions; partition++) {
      for (let run = hour * runsPerHour; run < (hour + 1) * runsPerHour; run++) {
        const first = run * runOffsets;
        // The last offset is a mark, which is not in the run.
        const last = first + runOffsets - (hasMarks ? 2 : 1);
        const x = hasMarks ? `x${runOffsets - runOffsets / MARK_EVERY}` : '';
        names.push(`p${partition}.${first}-${last}${x}.jsonl.gz`);
      }
    }
    return names.sort();
  }
}
