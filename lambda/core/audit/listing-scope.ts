import type { TimeFolder } from '../../contract.ts';
import { folderOf, periodOf } from '../object/object-key.ts';
import type { Ledger } from './ledger.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What decides which folders an audit lists. */
export interface ScopeSettings {
  /** Empty, or a path that ends with `/`. */
  readonly objectPrefix: string;
  readonly topic: string;
  readonly timeFolder: TimeFolder;
  /** Epoch milliseconds: when the audit begins. */
  readonly now: number;
  /** Days after which the whole archive of the topic is listed again. */
  readonly fullListingDays: number;
  /** Hours before the last audit from which on folders are listed again: records that arrive late lie there. */
  readonly marginHours: number;
}

/** What an audit lists of a topic. */
export interface ListingScope {
  /** Whether it lists all objects of the topic, and can find those that were deleted. */
  readonly isFull: boolean;
  /** Prefixes of the keys to list: in order, none within another. */
  readonly prefixes: readonly string[];
}

/**
 * Returns what an audit lists: everything in the first one, every few days, and without time folders, since those
 * objects share one folder; otherwise the hours or days from before the last audit until the next one, as clocks of
 * producers may be ahead. New objects can lie in any other folder, which a hole's own record names: {@link recordFolder}.
 */
export function listingScope(ledger: Ledger | undefined, settings: ScopeSettings): ListingScope {
  const { fullListingDays, marginHours, now, timeFolder } = settings;
  const listed = ledger?.fullyListedAt;
  const folder = topicFolder(settings);
  const isDue = listed === undefined || now - Date.parse(listed) >= fullListingDays * DAY_MS;
  if (ledger === undefined || isDue || timeFolder === 'none') {
    return { isFull: true, prefixes: [folder] };
  }
  const from = Math.min(Date.parse(ledger.auditedAt), now) - marginHours * HOUR_MS;
  const first = periodOf(from, timeFolder);
  const prefixes = Array.from(
    { length: periodOf(now, timeFolder) - first + 2 },
    (_, index) => `${folder}${folderOf(first + index, timeFolder)}`,
  );
  return { isFull: false, prefixes };
}

/**
 * Returns the prefix of the folder in which a record lies, if it is stored: the one that the archive function puts a
 * record with this timestamp (epoch milliseconds) into.
 */
export function recordFolder(
  timestamp: number,
  { objectPrefix, timeFolder, topic }: Pick<ScopeSettings, 'objectPrefix' | 'timeFolder' | 'topic'>,
): string {
  return `${topicFolder({ objectPrefix, topic })}${folderOf(periodOf(timestamp, timeFolder), timeFolder)}`;
}

function topicFolder({
  objectPrefix,
  topic,
}: Pick<ScopeSettings, 'objectPrefix' | 'topic'>): string {
  return `${objectPrefix}topic=${topic}/`;
}
