import { compressionThread } from './core/object/compression.ts';
import type { Delivery, ObjectTelemetry } from './core/ports.ts';
import { enrich } from './enrich.ts';
import type { StoreEnvironment } from './environment.ts';
import { systemClock } from './io/clock.ts';
import { createS3Client, createS3ObjectStore } from './io/s3-object-store.ts';
import type { ObjectDeliveryDeps } from './object-delivery.ts';

/** Creates a delivery from its parts: as objects, or through a stream. */
export type CreateDelivery = (parts: ObjectDeliveryDeps) => Delivery;

/** Wires the delivery of a function, with the S3 client that it stores objects with. */
export function wireDelivery(
  createDelivery: CreateDelivery,
  environment: StoreEnvironment,
  telemetry: ObjectTelemetry,
) {
  const { random } = Math;
  const s3 = createS3Client({ ...environment, random });
  const memoryMiB = Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE);
  const delivery = createDelivery({
    store: createS3ObjectStore(s3, environment),
    clock: systemClock,
    telemetry,
    enrich,
    random,
    settings: {
      ...environment,
      // The compression `none` has no level, and ignores it.
      level: environment.compressionLevel ?? 0,
      compressOn: compressionThread(memoryMiB),
    },
  });
  return { delivery, s3 };
}
