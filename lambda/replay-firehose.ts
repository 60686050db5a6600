import { createFirehoseDelivery } from './firehose-wiring.ts';
import { wireReplay } from './replay-wiring.ts';

/** The handler of the replay function with the delivery `firehose`. */
export const handler = wireReplay(createFirehoseDelivery);
