/**
 * The least runtime that there can be: loads the handler of a bundle, tells that it is there, invokes it once
 * with the event of a file, and tells that too. Plain JavaScript but for its types, since Node would load a
 * TypeScript parser of its own first; `tools/bench/cold/starts.ts` has them taken off.
 *
 * @module
 */
import { readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** What the process tells, each on a line of its own. */
type Told = 'initialised' | 'answered';

const { LAMBDA_TASK_ROOT = '', BENCH_EVENT = '' } = process.env;

/** Written at once, not when the event loop next turns. */
function tell(what: Told): void {
  writeSync(3, `${what}\n`);
}

const { handler } = await import(join(LAMBDA_TASK_ROOT, 'index.mjs'));
tell('initialised');
await handler(JSON.parse(readFileSync(BENCH_EVENT, 'utf8')), {
  awsRequestId: 'bench',
  functionVersion: '$LATEST',
  getRemainingTimeInMillis: () => 60_000,
});
tell('answered');
