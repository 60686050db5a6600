import { ENRICH_SYMBOL } from './contract.ts';
import { type Enrich, noEnrichment } from './core/record/enrichment.ts';

/**
 * Computes metadata of each record. In an app of your own, set the prop `enrich` of `KafkaArchive` to a module that
 * exports such a function; in a clone, replace this one. See docs/enrichment.md: it must be pure and deterministic, may
 * not return a field that the archiver or the setting `metadata` sets, and fails its batch when it throws.
 */
export const enrich: Enrich = Reflect.get(globalThis, Symbol.for(ENRICH_SYMBOL)) ?? noEnrichment;
