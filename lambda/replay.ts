import { createObjectDelivery } from './object-delivery.ts';
import { wireReplay } from './replay-wiring.ts';

/** The handler of the replay function. */
export const handler = wireReplay(createObjectDelivery);
