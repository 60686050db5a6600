import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { createCatalogCheck } from './catalog-check-handler.ts';
import { type CatalogLayout, LAYOUTS_FILE, METRIC_NAMESPACE } from './contract.ts';
import { catalogCheckEnvironment } from './environment.ts';
import { createCatalogTelemetry } from './io/catalog-telemetry.ts';
import { systemClock as clock } from './io/clock.ts';
import { createS3FolderListing } from './io/s3-folder-listing.ts';
import { createS3Client } from './io/s3-object-store.ts';

/** Wires the catalog check, with the layouts that the stack wrote beside its bundle. */
export function wireCatalogCheck() {
  const { archiveBucket, catalogFrom } = catalogCheckEnvironment.decode(process.env);
  const layouts: readonly CatalogLayout[] = JSON.parse(
    readFileSync(join(import.meta.dirname, LAYOUTS_FILE), 'utf8'),
  );
  const s3 = createS3Client({ maxParallelPuts: 1, random: Math.random });
  return createCatalogCheck({
    ...{ catalogFrom, clock, layouts },
    listing: createS3FolderListing(s3, archiveBucket),
    telemetry: createCatalogTelemetry(new Logger(), new Metrics({ namespace: METRIC_NAMESPACE })),
  });
}
