import { wireArchive } from './archive-wiring.ts';
import { createObjectDelivery } from './object-delivery.ts';

/** The handler of the archive function. */
export const handler = wireArchive(createObjectDelivery);
