import { setTimeout } from 'node:timers/promises';
import { systemClock } from './io/clock.ts';
import { mskConnection } from './io/msk-connection.ts';
import { respondToStack } from './io/stack-response.ts';
import { readTrialSettings } from './io/trial-settings.ts';
import { createTrialTopics } from './io/trial-topics.ts';
import { createTrialHandler } from './trial-handler.ts';

const connection = mskConnection(readTrialSettings(process.env), () => new Date());

/** The trial function: topics for the stack, sample records by direct invocation. */
export const handler = createTrialHandler({
  topics: createTrialTopics(connection),
  respond: respondToStack,
  pause: setTimeout,
  clock: systemClock,
});
