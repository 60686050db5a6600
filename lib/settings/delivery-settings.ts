/**
 * Settings of how batches get into S3: by the functions themselves, or through Firehose.
 *
 * @module
 */
import { bufferRanges, deliveries } from '../../lambda/contract.ts';
import { choice, show, wholeNumber } from './setting-forms.ts';
import { areSound, type Context, type Given, type Refinement, report } from './setting-report.ts';

/**
 * The least that Firehose buffers where it makes folders by what is in the records.
 * https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning.html
 */
const LEAST_BY_FOLDER = { bufferSizeMiB: 64, bufferSeconds: 60 } as const;

/** The schema of each. */
export const deliverySettings = {
  delivery: choice(deliveries)
    .default('s3')
    .describe(
      "How batches get into S3: 's3', an object of each batch run, whose key has its offsets; 'firehose', through a delivery stream, which makes larger objects of many batches, at Firehose's price, at least once: docs/choosing.md",
    ),
  bufferSizeMiB: wholeNumber(bufferRanges.bufferSizeMiB)
    .optional()
    .describe(
      `With delivery 'firehose': MiB, before compression, at which Firehose makes an object; ${bufferRanges.bufferSizeMiB.default} if not set, and from ${LEAST_BY_FOLDER.bufferSizeMiB}, unless there is one topic and timeFolder is 'none'`,
    ),
  bufferSeconds: wholeNumber(bufferRanges.bufferSeconds)
    .optional()
    .describe(
      `With delivery 'firehose': seconds after which Firehose makes an object of what it has; ${bufferRanges.bufferSeconds.default} if not set, and from ${LEAST_BY_FOLDER.bufferSeconds}, unless there is one topic and timeFolder is 'none'`,
    ),
};

/** Whether Firehose has to look into the records to know their folder. */
export function isPartitioned({
  timeFolder,
  topics,
}: {
  readonly timeFolder: string;
  readonly topics: readonly unknown[];
}): boolean {
  return timeFolder !== 'none' || topics.length > 1;
}

/** Reports what of them does not go together, and what Firehose cannot do. */
export function checkDelivery(context: Context, given: Given, refinement: Refinement): void {
  if (!areSound(refinement, 'delivery')) return;
  if (given.delivery !== 'firehose') {
    for (const name of ['bufferSizeMiB', 'bufferSeconds'] as const) {
      if (context[name] === undefined) continue;
      report(
        refinement,
        name,
        `must be set with delivery 'firehose' only, got ${show(given[name])}`,
      );
    }
    return;
  }
  const refuse = (name: keyof Given, allowed: string, reason: string): void => {
    const message = `must ${allowed} with delivery 'firehose' (${reason})`;
    report(refinement, name, `${message}, got ${show(given[name])}`);
  };
  if (given.compression === 'zstd') {
    refuse('compression', "be 'gzip' or 'none'", 'Firehose has no zstd');
  }
  if (context.compressionLevel !== undefined) {
    refuse('compressionLevel', 'not be set', 'Firehose has its own');
  }
  if (given.storageClass !== 'STANDARD') {
    const reason = 'Firehose stores in no other class; archiveTransitions move objects';
    refuse('storageClass', "be 'STANDARD'", reason);
  }
  if (!areSound(refinement, 'timeFolder', 'topics') || !isPartitioned(given)) return;
  for (const name of ['bufferSizeMiB', 'bufferSeconds'] as const) {
    const value = given[name];
    const least = LEAST_BY_FOLDER[name];
    if (value === undefined || value >= least || !areSound(refinement, name)) continue;
    const reason =
      "Firehose makes folders by topic or time; with one topic and timeFolder 'none' it need not";
    refuse(name, `be ${least} or more`, reason);
  }
}
