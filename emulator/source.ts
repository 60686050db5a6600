import type { Buffer } from 'node:buffer';

/** One message of a topic, before the event source mapping makes an event of it. */
export interface SourceRecord {
  readonly partition: number;
  readonly offset: number;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly timestampType: 'CREATE_TIME' | 'LOG_APPEND_TIME';
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly { readonly name: string; readonly value: Buffer | null }[];
}

/** How much to read at once. */
export interface ReadLimits {
  readonly maxRecords: number;
  /** Bytes of keys and values; reading ends with the record that reaches them. */
  readonly maxBytes: number;
}

/** Reads some partitions of a topic, each in offset order, from where their group left off. */
export interface TopicReader {
  /** The next records: at once when there are any, else when there are or when the signal aborts. */
  read(limits: ReadLimits, signal: AbortSignal): Promise<readonly SourceRecord[]>;
  /** Whether all was read and nothing more can come. */
  readonly ended: boolean;
  /** Commits, for each partition given, the offset that its group goes on from. */
  commit(offsets: ReadonlyMap<number, number>): Promise<void>;
}

/** A topic as the event source mapping sees it. */
export interface Source {
  readonly topic: string;
  readonly partitions: readonly number[];
  /** A reader for some partitions; each partition has one reader. */
  reader(partitions: readonly number[]): TopicReader;
}
