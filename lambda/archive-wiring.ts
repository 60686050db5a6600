import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { createArchiveHandler } from './archive-handler.ts';
import { METRIC_NAMESPACE } from './contract.ts';
import type { Delivery } from './core/ports.ts';
import { enrich } from './enrich.ts';
import { systemClock } from './io/clock.ts';
import { createS3Client, createS3ObjectStore } from './io/s3-object-store.ts';
import { readArchiveSettings } from './io/settings.ts';
import { createTelemetry } from './io/telemetry.ts';
import type { ObjectDeliveryDeps } from './object-delivery.ts';

/** Makes a delivery of parts: that into objects, or that through a stream. */
export type CreateDelivery = (parts: ObjectDeliveryDeps) => Delivery;

/** The archive function's parts, wired: the handler for a delivery. */
export function wireArchive(createDelivery: CreateDelivery) {
  const settings = readArchiveSettings(process.env);
  const clock = systemClock;
  const telemetry = createTelemetry(new Logger(), new Metrics({ namespace: METRIC_NAMESPACE }));
  const client = createS3Client({ ...settings, random: Math.random });
  const store = createS3ObjectStore(client, settings);
  const delivery = createDelivery({ store, clock, telemetry, enrich, settings });
  return createArchiveHandler({ delivery, clock, telemetry, settings });
}
