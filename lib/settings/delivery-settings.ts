/**
 * Settings of how batches reach S3: the functions put them, or Firehose delivers them.
 *
 * @module
 */
import { bufferRanges, deliveries } from '../../lambda/contract.ts';
import type { objectSettings } from './object-settings.ts';
import { choice, wholeNumber } from './setting-forms.ts';
import type { SettingReport, SettingsOf } from './setting-report.ts';
import type { storageSettings } from './storage-settings.ts';
import type { topicSettings } from './topic-settings.ts';

/**
 * The smallest buffers if Firehose derives folders from the records. ASSUMED: the service refuses smaller ones;
 * the pages on dynamic partitioning no longer state a minimum.
 */
const LEAST_BY_FOLDER = { bufferSizeMiB: 64, bufferSeconds: 60 } as const;
const buffers = ['bufferSizeMiB', 'bufferSeconds'] as const;

/** The way of the batches into the bucket. */
export const deliverySettings = {
  delivery: choice(deliveries)
    .default('s3')
    .describe(
      "How batches reach S3. With 's3', the functions put one object for each batch and time folder, and its key holds its partitions and offsets. With 'firehose', a delivery stream combines batches into larger objects, delivers at least once, and costs Firehose's price: docs/configure.md.",
    ),
  bufferSizeMiB: wholeNumber(bufferRanges.bufferSizeMiB)
    .optional()
    .meta({
      description: `Amount of data in MiB, before compression, at which Firehose writes an object; at least ${LEAST_BY_FOLDER.bufferSizeMiB} unless there is one topic and \`timeFolder\` is 'none'. Requires \`delivery\` 'firehose'.`,
      unset: `\`${bufferRanges.bufferSizeMiB.default}\``,
    }),
  bufferSeconds: wholeNumber(bufferRanges.bufferSeconds)
    .optional()
    .meta({
      description: `Time in seconds after which Firehose writes an object with the data that it has; at least ${LEAST_BY_FOLDER.bufferSeconds} unless there is one topic and \`timeFolder\` is 'none'. Requires \`delivery\` 'firehose'.`,
      unset: `\`${bufferRanges.bufferSeconds.default}\``,
    }),
};

/** Returns whether Firehose has to read the records to find their folder. */
export function isPartitioned({
  timeFolder,
  topics,
}: {
  readonly timeFolder: string;
  readonly topics: readonly unknown[];
}): boolean {
  return timeFolder !== 'none' || topics.length > 1;
}

type Given = SettingsOf<
  typeof deliverySettings & typeof objectSettings & typeof storageSettings & typeof topicSettings
>;

/** Reports delivery settings that do not go together, and settings that Firehose does not support. */
export function checkDelivery(report: SettingReport<Given>): void {
  if (!report.isSound('delivery')) return;
  const { given } = report;
  if (given.delivery !== 'firehose') {
    for (const name of buffers) {
      if (given[name] !== undefined) report.refuse(name, "be set only with delivery 'firehose'");
    }
    return;
  }
  const refuse = (name: keyof Given, allowed: string, reason: string): void =>
    report.refuse(name, `${allowed} with delivery 'firehose'`, { reason });
  if (given.compression === 'zstd') {
    refuse('compression', "be 'gzip' or 'none'", 'Firehose does not support zstd');
  }
  if (given.compressionLevel !== undefined) {
    refuse('compressionLevel', 'not be set', 'Firehose uses its own');
  }
  if (given.storageClass !== 'STANDARD') {
    const reason = 'Firehose stores in no other class; archiveTransitions can move the objects';
    refuse('storageClass', "be 'STANDARD'", reason);
  }
  if (!report.isSound('timeFolder', 'topics') || !isPartitioned(given)) return;
  for (const name of buffers) {
    const value = given[name];
    const least = LEAST_BY_FOLDER[name];
    if (value === undefined || value >= least || !report.isSound(name)) continue;
    const reason =
      "Firehose writes folders by topic or time, unless there is one topic and timeFolder is 'none'";
    refuse(name, `be ${least} or more`, reason);
  }
}

/** The buffers, or their defaults. */
export function toBuffers({ bufferSizeMiB, bufferSeconds }: Given) {
  return {
    bufferSizeMiB: bufferSizeMiB ?? bufferRanges.bufferSizeMiB.default,
    bufferSeconds: bufferSeconds ?? bufferRanges.bufferSeconds.default,
  };
}
