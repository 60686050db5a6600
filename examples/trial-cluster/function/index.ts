import { setTimeout } from 'node:timers/promises';
import { mskConnection } from './connection.ts';
import { createTrialHandler } from './handler.ts';
import { readTrialSettings } from './settings.ts';
import { respondToStack } from './stack-response.ts';
import { createTrialTopics } from './topics.ts';

const connection = mskConnection(readTrialSettings(process.env), () => new Date());

/** The trial function: creates topics for the stack, and produces sample records when it is invoked directly. */
export const handler = createTrialHandler({
  topics: createTrialTopics(connection),
  respond: respondToStack,
  pause: setTimeout,
  clock: { now: Date.now, timeout: AbortSignal.timeout },
});
