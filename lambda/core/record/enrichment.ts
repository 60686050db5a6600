import type { Buffer } from 'node:buffer';

/** What an {@link Enrich} function receives: a record without its value. */
export interface RecordToEnrich {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Epoch milliseconds; null if the record has none. */
  readonly timestamp: number | null;
  readonly key: Buffer | null;
  /** In the record's order; names may repeat. */
  readonly headers: readonly { readonly name: string; readonly value: Buffer | null }[];
}

/** Fields of a record line's `metadata`. */
export type MetadataFields = Readonly<Record<string, string | number | boolean | null>>;

/**
 * Computes additional metadata for a record. It must be deterministic: if the same record gave different
 * fields in another try, a retried batch would not find itself already stored.
 */
export type Enrich = (record: RecordToEnrich) => MetadataFields;

/** Adds no metadata. It is recognised by identity and never called. */
export const noEnrichment: Enrich = () => ({});
