/**
 * The prefixes of a delivery stream, in which Firehose evaluates expressions:
 * https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
 *
 * @module
 */
import { STREAM_ERRORS_PREFIX, type TimeFolder } from '../../lambda/contract.ts';
import { isPartitioned } from '../settings/delivery-settings.ts';

/** The folders of a delivery stream. */
export interface StreamFolders {
  /** Empty, or a path that ends with '/'. */
  readonly objectPrefix: string;
  readonly timeFolder: TimeFolder;
  readonly topics: readonly string[];
}

/** The two prefixes of a stream, with expressions. */
export interface StreamPrefixes {
  readonly prefix: string;
  /** The prefix of records that could not be delivered. */
  readonly errorPrefix: string;
}

/** Returns the prefixes with which a stream writes to the folders of the archive. */
export function streamPrefixes(folders: StreamFolders): StreamPrefixes {
  const { objectPrefix } = folders;
  return {
    prefix: `${objectPrefix}${isPartitioned(folders) ? foldersByKey(folders) : topicFolder(folders)}`,
    errorPrefix: `${STREAM_ERRORS_PREFIX}${objectPrefix}!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/`,
  };
}

/** The partition keys of the folders below `topic`. */
export const timeKeys = { hour: ['dt', 'hour'], day: ['dt'], none: [] } as const;

function foldersByKey({ timeFolder }: StreamFolders): string {
  const keys = ['topic', ...timeKeys[timeFolder]];
  return keys.map((key) => `${key}=!{partitionKeyFromQuery:${key}}/`).join('');
}

/**
 * Firehose appends `yyyy/MM/dd/HH/`, the time of arrival, to a prefix without an expression for a time. Text in
 * single quotes is such an expression, and is "taken literally" by the page above. Names of topics contain no quotes.
 *
 * ASSUMED: an expression may consist of quoted text alone.
 */
function topicFolder({ topics: [topic] }: StreamFolders): string {
  return `topic=!{timestamp:'${topic}'}/`;
}
