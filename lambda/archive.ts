import { wireArchive } from './archive-wiring.ts';
import { createObjectDelivery } from './object-delivery.ts';

/** The archive function. */
export const handler = wireArchive(createObjectDelivery);
