import { hash } from 'node:crypto';
import { createCommand, run } from '../../cli/command.ts';
import { print, printError } from '../../cli/terminal.ts';
import { createPlanner } from '../../lambda/core/object/archive-plan.ts';
import { noEnrichment } from '../../lambda/core/record/enrichment.ts';
import { parseBatch } from '../../lambda/core/record/kafka-event.ts';
import { createStreamPlanner } from '../../lambda/core/stream/stream-plan.ts';
import { dataOption } from './common/data-option.ts';
import { cpuOf, median } from './common/sample.ts';
import { type DataSet, fullEvent, valueSizes } from './events.ts';
import { planSettings } from './hot-path/settings.ts';

const PAIRS = 100;
const metadata = { env: 'bench' };

async function measure({ data }: { readonly data: DataSet }): Promise<void> {
  const text = fullEvent({ valueBytes: valueSizes['1 KB'], data });
  const toStream = createStreamPlanner({ metadata }, noEnrichment);
  const toObjects = createPlanner(
    { ...planSettings({ compression: 'gzip', level: 6 }), metadata },
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
  print(`delivery firehose ${shown[0]}, delivery s3 ${shown[1]} of CPU; medians of ${PAIRS}`);
  print(`ratio=${median(ratios).toFixed(2)}`);
}

const command = createCommand(
  'npm run bench:stream --',
  `Compares the CPU of a full batch of 1 KB values for both deliveries, from the event's text, in \
turns in one process: delivery firehose packs the lines and builds the requests (base64, JSON, \
SHA-256 of the signature), delivery s3 digests them and compresses them with gzip 6. Neither \
sends anything.`,
)
  .addOption(dataOption())
  .action(measure);

process.exitCode = await run(command, process.argv.slice(2), { print, printError });
