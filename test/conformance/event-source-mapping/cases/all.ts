import type { ConformanceCase } from '../case.ts';
import { batches } from './batches.ts';
import { commits } from './commits.ts';
import { destination } from './destination.ts';
import { limits } from './limits.ts';
import { partialResponses } from './partial-responses.ts';
import { pollers } from './pollers.ts';
import { recordRows } from './records.ts';
import { retries } from './retries.ts';

/** Every behaviour of the event source mapping, in the order of the table. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...batches,
  ...recordRows,
  ...pollers,
  ...retries,
  ...limits,
  ...partialResponses,
  ...destination,
  ...commits,
];
