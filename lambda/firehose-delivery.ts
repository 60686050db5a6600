import type { Delivery } from './core/ports.ts';
import { systemPause } from './io/clock.ts';
import { createFirehoseClient, createFirehoseStream } from './io/firehose-stream.ts';
import { readDeliveryStream } from './io/settings.ts';
import { createObjectDelivery, type ObjectDeliveryDeps } from './object-delivery.ts';
import { createStreamDelivery, MAX_PARALLEL_CALLS } from './stream-delivery.ts';

/** The delivery through the stream of Firehose that the environment names. */
export function createFirehoseDelivery(parts: ObjectDeliveryDeps): Delivery {
  const { random } = Math;
  const client = createFirehoseClient({ maxConnections: MAX_PARALLEL_CALLS, random });
  const stream = createFirehoseStream(client, readDeliveryStream(process.env));
  const objects = createObjectDelivery(parts);
  return createStreamDelivery({ ...parts, stream, objects, random, pause: systemPause });
}
