import type { Buffer } from 'node:buffer';

/** One message of a topic, before the event source mapping makes an event of it. */
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

/** Offsets that a group goes on from, by partition. */
export type Offsets = ReadonlyMap<number, number>;
