import type { Compression } from '../../contract.ts';

/** The records of one topic-partition in one batch, as an object's key names them. */
export interface KeyRun {
  readonly partition: number;
  /** Offsets of the run's first and last record. */
  readonly first: number;
  readonly last: number;
  /**
   * Number of distinct offsets in the run: less than `last - first + 1` where Kafka left holes. Undefined in keys of
   * format 1, which do not name it.
   */
  readonly offsets: number | undefined;
}

/** The parts of an object's key. */
export interface ParsedObjectKey {
  /** 1 for keys with one run and its offsets padded to 20 digits, 2 for keys with any number of runs. */
  readonly format: 1 | 2;
  /** What precedes `topic=`: empty, or a path that ends in `/`. */
  readonly prefix: string;
  readonly topic: string;
  /** `dt=2026-11-23/hour=09/`, `dt=2026-11-23/`, or empty. */
  readonly folder: string;
  /** In the order of the key: by partition. Never empty. */
  readonly runs: readonly KeyRun[];
  /** Number of the object among those of its runs, from 1, and how many those are. */
  readonly place: number;
  readonly count: number;
  /** The first 8 hexadecimal digits of its body's digest, if the object is at a key marked for a conflict. */
  readonly conflict: string | undefined;
  readonly compression: Compression;
}

/** Prefix, topic, folder and name. */
type Located = [string, string, string, string];

const path = /^((?:.*\/)?)topic=([^/]+)\/((?:dt=[^/]+\/(?:hour=[^/]+\/)?)?)([^/]+)$/s;
const suffix = /^(.+?)(?:\.(\d+)of(\d+))?(?:~([0-9a-f]{8}))?\.jsonl(|\.gz|\.zst)$/s;
const compressionOf = { '': 'none', '.gz': 'gzip', '.zst': 'zstd' } as const;

const runsOfFormat2 = /^p\d+\.\d+-\d+(?:x\d+)?(?:_p\d+\.\d+-\d+(?:x\d+)?)*$/;
const runOfFormat1 = /^-(\d+)-(\d{20})-(\d{20})$/;

/**
 * Parses the key of an archived object, of any format that the archiver has ever written. Returns undefined for other
 * keys, such as those of a Firehose delivery stream.
 */
export function parseObjectKey(key: string): ParsedObjectKey | undefined {
  const located = path.exec(key);
  if (located === null) return undefined;
  const [, prefix, topic, folder, name] = located as string[] as [string, ...Located];
  const [, runsText, place = '1', count = '1', conflict, extension] = suffix.exec(name) ?? [];
  if (runsText === undefined) return undefined;
  const parsed = parseRuns(runsText, topic);
  if (parsed === undefined) return undefined;
  // Without spreads, which would take a third of the time.
  const { format, runs } = parsed;
  return {
    format,
    prefix,
    topic,
    folder,
    runs,
    place: Number(place),
    count: Number(count),
    conflict,
    compression: compressionOf[extension as keyof typeof compressionOf],
  };
}

function parseRuns(
  text: string,
  topic: string,
): Pick<ParsedObjectKey, 'format' | 'runs'> | undefined {
  if (runsOfFormat2.test(text)) return { format: 2, runs: text.split('_').map(parseRun) };
  if (!text.startsWith(topic)) return undefined;
  const [, ...numbers] = runOfFormat1.exec(text.slice(topic.length)) ?? [];
  if (numbers.length === 0) return undefined;
  const [partition, first, last] = numbers.map(Number) as [number, number, number];
  return { format: 1, runs: [{ partition, first, last, offsets: undefined }] };
}

/** @param text one of those that `runsOfFormat2` matches, such as `p3.100-149` or `p3.7000-7040x39` */
function parseRun(text: string): KeyRun {
  const numbers = text.slice(1).split(/[.x-]/).map(Number) as [number, number, number, number?];
  const [partition, first, last, offsets = last - first + 1] = numbers;
  return { partition, first, last, offsets };
}
