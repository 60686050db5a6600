import type { Buffer } from 'node:buffer';

/** What an {@link Enrich} function sees of a record: all but its value. */
export interface RecordToEnrich {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Epoch milliseconds, null where the record has none. */
  readonly timestamp: number | null;
  readonly key: Buffer | null;
  /** In the record's order; names may repeat. */
  readonly headers: readonly { readonly name: string; readonly value: Buffer | null }[];
}

/** Fields for a record line's `metadata`. */
export type MetadataFields = Readonly<Record<string, string | number | boolean | null>>;

/**
 * Computes a record's extra metadata. It must be deterministic: the same record gives the same
 * fields in any try, or a retried batch will not find itself already stored.
 */
export type Enrich = (record: RecordToEnrich) => MetadataFields;

/** Adds nothing; known by identity, so that it is never called. */
export const noEnrichment: Enrich = () => ({});
