import { wireArchive } from './archive-wiring.ts';
import { createFirehoseDelivery } from './firehose-wiring.ts';

/** The handler of the archive function with the delivery `firehose`. */
export const handler = wireArchive(createFirehoseDelivery);
