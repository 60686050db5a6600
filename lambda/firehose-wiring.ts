import type { Delivery } from './core/ports.ts';
import { streamEnvironment } from './environment.ts';
import { systemPause } from './io/clock.ts';
import { createFirehoseClient, createFirehoseStream } from './io/firehose-stream.ts';
import { createObjectDelivery, type ObjectDeliveryDeps } from './object-delivery.ts';
import { createStreamDelivery, MAX_PARALLEL_CALLS } from './stream-delivery.ts';

/** Wires the delivery through the Firehose stream that the environment names. */
export function createFirehoseDelivery(parts: ObjectDeliveryDeps): Delivery {
  const { random } = Math;
  const { deliveryStream } = streamEnvironment.decode(process.env);
  const client = createFirehoseClient({ maxConnections: MAX_PARALLEL_CALLS, random });
  const stream = createFirehoseStream(client, deliveryStream);
  const objects = createObjectDelivery(parts);
  return createStreamDelivery({ ...parts, stream, objects, random, pause: systemPause });
}
