import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { createArchiveHandler } from './archive-handler.ts';
import { METRIC_NAMESPACE } from './contract.ts';
import { type CreateDelivery, wireDelivery } from './delivery-wiring.ts';
import { archiveEnvironment } from './environment.ts';
import { systemClock as clock } from './io/clock.ts';
import { createTelemetry } from './io/telemetry.ts';

/** Wires the archive function: its handler, with one of the deliveries. */
export function wireArchive(createDelivery: CreateDelivery) {
  const settings = archiveEnvironment.decode(process.env);
  const telemetry = createTelemetry(new Logger(), new Metrics({ namespace: METRIC_NAMESPACE }));
  const { delivery } = wireDelivery(createDelivery, settings, telemetry);
  return createArchiveHandler({ delivery, clock, telemetry, settings });
}
