/**
 * A minimal runtime: loads the handler of a bundle, reports that, invokes it once with the event in a file, and reports
 * that too. `tools/bench/cold/starts.ts` strips its types, because Node would otherwise load a TypeScript parser first.
 *
 * @module
 */
import { readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** What the process reports, one line each. */
type Report = 'initialised' | 'answered';

const { LAMBDA_TASK_ROOT = '', BENCH_EVENT = '' } = process.env;

/** Writes synchronously, so that the event loop does not delay the report. */
function report(what: Report): void {
  writeSync(3, `${what}\n`);
}

const { handler } = await import(join(LAMBDA_TASK_ROOT, 'index.mjs'));
report('initialised');
await handler(JSON.parse(readFileSync(BENCH_EVENT, 'utf8')), {
  awsRequestId: 'bench',
  functionVersion: '$LATEST',
  getRemainingTimeInMillis: () => 60_000,
});
report('answered');
