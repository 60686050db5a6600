/**
 * A process that takes one event, the first of its life, and then the same again so many times, as far as
 * its arguments say: parses it only, or goes all the way to the compressed objects. Prints the most memory
 * that it held after the first and after the last, in MiB, as JSON.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { planSettings, readCompression } from './settings.ts';

/** Most memory that a process held, MiB. */
export interface MemoryResult {
  readonly afterFirst: number;
  readonly afterLast: number;
}

const [how = '', level = '', file = '', events = ''] = process.argv.slice(2);
const handle = how === 'parse' ? parse : await createHandle();

function parse(text: string): unknown {
  return JSON.parse(text);
}

/** Loaded where it is needed only, since code takes memory, too. */
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

// Each event is text of its own, as of each invocation.
await handle(readFileSync(file, 'utf8'));
const afterFirst = mostMiB();
for (let i = 1; i < Number(events); i++) await handle(readFileSync(file, 'utf8'));
const result: MemoryResult = { afterFirst, afterLast: mostMiB() };
console.log(JSON.stringify(result));
