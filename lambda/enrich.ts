import { type Enrich, noEnrichment } from './core/record/enrichment.ts';

/**
 * The one place to compute metadata for each record: replace it by a function of your own, see
 * docs/enrichment.md. It must be pure and deterministic, may not return a field that the archiver or
 * the `metadata` setting already sets, and fails its batch when it throws.
 */
export const enrich: Enrich = noEnrichment;
