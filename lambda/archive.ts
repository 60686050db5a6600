import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { createArchiveHandler } from './archive-handler.ts';
import { METRIC_NAMESPACE } from './contract.ts';
import { enrich } from './enrich.ts';
import { createS3Client, createS3ObjectStore } from './io/s3-object-store.ts';
import { readSettings } from './io/settings.ts';
import { createTelemetry } from './io/telemetry.ts';

const settings = readSettings(process.env);

/** The archive function. */
export const handler = createArchiveHandler({
  store: createS3ObjectStore(
    createS3Client({ maxParallelPuts: settings.maxParallelPuts, random: Math.random }),
    settings.archiveBucket,
  ),
  clock: { now: Date.now, timeout: (milliseconds) => AbortSignal.timeout(milliseconds) },
  telemetry: createTelemetry(new Logger(), new Metrics({ namespace: METRIC_NAMESPACE })),
  enrich,
  settings,
});
