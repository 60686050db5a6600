import { type Enrich, noEnrichment } from './core/record/enrichment.ts';

/**
 * Computes metadata for each record. Replace it with your own function, as docs/configure.md#computed-metadata
 * describes. It must be pure and deterministic, and must not return a field that the archiver or the setting
 * `metadata` already sets. If it throws, its batch fails.
 */
export const enrich: Enrich = noEnrichment;
