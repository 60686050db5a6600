import { wireCatalogCheck } from './catalog-check-wiring.ts';

/** The handler of the catalog check. */
export const handler = wireCatalogCheck();
