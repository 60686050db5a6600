/**
 * A process that takes one event, the first of its life, as far as its argument says: `parse` only, or
 * all the way to the compressed objects. Prints the most memory that it held, in MiB.
 *
 * @module
 */
import { readFileSync } from 'node:fs';

const [how, file = ''] = process.argv.slice(2);
const text = readFileSync(file, 'utf8');
if (how === 'parse') JSON.parse(text);
else {
  const { createPlanner } = await import('../lambda/core/archive-plan.ts');
  const { noEnrichment } = await import('../lambda/core/enrichment.ts');
  const { parseBatch } = await import('../lambda/core/kafka-event.ts');
  const settings = {
    objectPrefix: 'shop/',
    timeFolder: 'hour',
    metadata: { env: 'prod' },
    compression: 'gzip',
    level: 6,
  } as const;
  await createPlanner(settings, noEnrichment)(parseBatch(JSON.parse(text)));
}
console.log(process.resourceUsage().maxRSS / 1024);
