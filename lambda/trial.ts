import { setTimeout } from 'node:timers/promises';
import { clientOptions } from '../kafka/connection.ts';
import { mskIamConnection } from '../kafka/msk-iam.ts';
import { systemClock } from './io/clock.ts';
import { respondToStack } from './io/stack-response.ts';
import { readTrialSettings } from './io/trial-settings.ts';
import { createTrialTopics } from './io/trial-topics.ts';
import { createTrialHandler } from './trial-handler.ts';

const { bootstrapServers, region, credentials } = readTrialSettings(process.env);
const connection = mskIamConnection({
  brokers: bootstrapServers,
  identity: async () => ({ region, credentials }),
  now: () => new Date(),
});

/** The trial function: topics for the stack, sample records by direct invocation. */
export const handler = createTrialHandler({
  topics: createTrialTopics(clientOptions(connection)),
  respond: respondToStack,
  pause: setTimeout,
  clock: systemClock,
});
