/**
 * A process that handles the same event a given number of times: it either parses it only, or makes the compressed
 * objects. Prints its peak memory in MiB after the first and after the last event, as JSON.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { planSettings, readCompression } from './settings.ts';

/** Peak memory of a process in MiB. */
export interface MemoryResult {
  readonly afterFirst: number;
  readonly afterLast: number;
}

const [how = '', level = '', file = '', events = ''] = process.argv.slice(2);
const handle = how === 'parse' ? parse : await createHandle();

function parse(text: string): unknown {
  return JSON.parse(text);
}

/** Loads the code only when it is needed, because code takes memory too. */
async function createHandle(): Promise<(text: string) => unknown> {
  const { createPlanner } = await import('../../../lambda/core/object/archive-plan.ts');
  const { noEnrichment } = await import('../../../lambda/core/record/enrichment.ts');
  const { parseBatch } = await import('../../../lambda/core/record/kafka-event.ts');
  const compression = { compression: readCompression(how), level: Number(level) };
  const plan = createPlanner(planSettings(compression), noEnrichment);
  return (text) => plan(parseBatch(JSON.parse(text)));
}

function mostMiB(): number {
  return process.resourceUsage().maxRSS / 1024;
}

// Each event is a new text, as in each invocation.
await handle(readFileSync(file, 'utf8'));
const afterFirst = mostMiB();
for (let i = 1; i < Number(events); i++) await handle(readFileSync(file, 'utf8'));
const result: MemoryResult = { afterFirst, afterLast: mostMiB() };
console.log(JSON.stringify(result));
