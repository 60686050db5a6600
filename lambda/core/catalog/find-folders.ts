import { undatedFolders } from '../../contract.ts';
import type { CallOptions, FolderListing, FolderQuery } from '../ports.ts';
import type { ArchiveFolder } from './uncovered-folders.ts';

/** What {@link findFolders} found. */
export interface FoundFolders {
  readonly folders: readonly ArchiveFolder[];
  /** Whether every folder was seen; false if there were more than the limit of listings allows. */
  readonly isComplete: boolean;
}

/** Options of {@link findFolders}. */
export interface FindFoldersOptions extends CallOptions {
  /** The most pages to list. */
  readonly maxPages: number;
  /** Folders that are not searched, such as that of a stream's errors. */
  readonly skip: readonly string[];
}

/**
 * Finds the folders of topics and dates in the archive bucket, whatever their prefix, without listing their objects:
 * a page of a listing at each level has either folders or proves that objects exist. Of each topic, the first and the
 * last date are opened to see whether they have hours, since a listing of every date would cost a request for each.
 *
 * @throws {ArchiverError} `LOAD_FAILED` or `STORE_ABORTED`
 */
export async function findFolders(
  listing: FolderListing,
  { maxPages, skip, ...options }: FindFoldersOptions,
): Promise<FoundFolders> {
  const folders: ArchiveFolder[] = [];
  let pages = 0;

  const list = async (query: FolderQuery) => {
    pages += 1;
    return await listing.list(query, options);
  };
  const allFolders = async (prefix: string): Promise<string[]> => {
    const found: string[] = [];
    let continuation: string | undefined;
    do {
      const page = await list({ prefix, continuation });
      found.push(...page.folders);
      // A page without a folder is in the middle of objects, which can have any number of pages.
      continuation = page.folders.length > 0 ? page.next : undefined;
    } while (continuation !== undefined && pages < maxPages);
    return found;
  };

  async function openDate(objectPrefix: string, topic: string, folder: string): Promise<void> {
    const dt = dateOf(folder);
    // A day has 24 hours at most, so a page of a date with objects beside its hours has some of both.
    const { folders: hours, hasObjects } = await list({ prefix: folder });
    if (hours.length > 0) folders.push({ objectPrefix, topic, dt, timeFolder: 'hour' });
    if (hasObjects) folders.push({ objectPrefix, topic, dt, timeFolder: 'day' });
  }

  async function openTopic(objectPrefix: string, folder: string): Promise<void> {
    const topic = folder.slice(objectPrefix.length + TOPIC.length, -1);
    const dates = await allFolders(`${folder}${DATE}`);
    // Names of objects sort before or after the dates.
    const beside = [
      await list({ prefix: folder }),
      await list({ prefix: folder, startAfter: `${folder}${AFTER_DATES}` }),
    ];
    if (beside.some(({ hasObjects }) => hasObjects)) {
      folders.push({ objectPrefix, topic, timeFolder: 'none' });
    }
    for (const each of dates) folders.push({ objectPrefix, topic, dt: dateOf(each) });
    const dated = dates.filter((each) => !undatedFolders.includes(dateOf(each)));
    for (const each of new Set([...dated.slice(0, 1), ...dated.slice(-1)])) {
      await openDate(objectPrefix, topic, each);
    }
  }

  const left = [''];
  while (left.length > 0 && pages < maxPages) {
    const objectPrefix = left.shift() as string;
    for (const folder of await allFolders(objectPrefix)) {
      if (pages >= maxPages) break;
      if (folder.startsWith(`${objectPrefix}${TOPIC}`)) await openTopic(objectPrefix, folder);
      else if (!skip.includes(folder)) left.push(folder);
    }
  }
  return { folders, isComplete: pages < maxPages };
}

const TOPIC = 'topic=';
const DATE = 'dt=';
/** Sorts after every name that begins with {@link DATE}. */
const AFTER_DATES = 'dt>';

function dateOf(folder: string): string {
  return folder.slice(folder.lastIndexOf(DATE) + DATE.length, -1);
}
