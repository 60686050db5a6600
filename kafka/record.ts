import type { Buffer } from 'node:buffer';

/** One record of a topic, before the event source mapping puts it into an event. */
export interface ConsumerRecord {
  readonly partition: number;
  readonly offset: number;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly timestampType: 'CREATE_TIME' | 'LOG_APPEND_TIME';
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly { readonly name: string; readonly value: Buffer | null }[];
}

/** Offset of each partition, such as those a group reads next. */
export type Offsets = ReadonlyMap<number, number>;
