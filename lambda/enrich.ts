import { ENRICH_SYMBOL } from './contract.ts';
import { type Enrich, noEnrichment } from './core/record/enrichment.ts';

/** Set by the bundle of an archive whose prop `enrich` names a module; read once, when the function loads. */
const given: Enrich | undefined = Reflect.get(globalThis, Symbol.for(ENRICH_SYMBOL));

/**
 * Computes metadata for each record: the prop `enrich` of the construct, or else this default, which you can
 * replace in a clone as docs/configure.md#computed-metadata describes. It must be pure and deterministic, and
 * must not return `source` or a field of the setting `metadata`. If it throws, its batch fails.
 */
export const enrich: Enrich = given ?? noEnrichment;
