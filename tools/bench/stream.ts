import { hash } from 'node:crypto';
import { flag, readFlags } from '../../cli/flags.ts';
import { print, refuse } from '../../cli/terminal.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';
import { createPlanner } from '../../lambda/core/object/archive-plan.ts';
import { noEnrichment } from '../../lambda/core/record/enrichment.ts';
import { parseBatch } from '../../lambda/core/record/kafka-event.ts';
import { createStreamPlanner } from '../../lambda/core/stream/stream-plan.ts';
import { cpuOf, median } from './common/sample.ts';
import { fullEvent, valueSizes } from './events.ts';

const HELP = `Measures what a full batch of 1 KB values takes of a core with delivery firehose (lines, packed, as the
requests that carry them: base64, JSON, SHA-256 of the signature) against delivery s3 (lines, digested,
gzip 6), from the event's text on, in turns in one process. Neither sends anything.

Usage: npm run bench:stream
`;

const PAIRS = 100;
const metadata = { env: 'bench' };

async function measure(): Promise<void> {
  const text = fullEvent(valueSizes['1 KB']);
  const toStream = createStreamPlanner({ metadata }, noEnrichment);
  const toObjects = createPlanner(
    { objectPrefix: '', timeFolder: 'hour', compression: 'gzip', level: 6, metadata },
    noEnrichment,
  );
  const stream = () => {
    const plan = toStream(parseBatch(JSON.parse(text)));
    const records = plan.chunks.map(({ data }) => ({ Data: data.toString('base64') }));
    hash('sha256', JSON.stringify({ DeliveryStreamName: 'archive', Records: records }), 'hex');
    plan.release();
  };
  const objects = () => toObjects(parseBatch(JSON.parse(text)));
  const firehose: number[] = [];
  const s3: number[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    firehose.push(await cpuOf(stream));
    s3.push(await cpuOf(objects));
  }
  const ratios = firehose.map((each, pair) => each / (s3[pair] ?? Number.NaN));
  const shown = [firehose, s3].map((each) => `${median(each).toFixed(0)} ms`);
  print(`delivery firehose ${shown[0]}, delivery s3 ${shown[1]} of a core; medians of ${PAIRS}`);
  print(`ratio=${median(ratios).toFixed(2)}`);
}

try {
  const { help } = readFlags(process.argv.slice(2), { help: flag });
  if (help) print(HELP);
  else await measure();
} catch (error) {
  refuse(error, ArchiverError);
}
