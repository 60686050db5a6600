import { type CatalogLayout, type TimeFolder, undatedFolders } from '../../contract.ts';

/** The layouts, of which the first is the current one, and the dates that their tables cover. */
export interface CatalogCoverage {
  readonly layouts: readonly CatalogLayout[];
  /** First and last `dt`, as `YYYY-MM-DD`. */
  readonly from: string;
  readonly to: string;
}

/** What is known of one folder of a topic or, if it has a date, of one date. */
export interface ArchiveFolder {
  /** Empty, or a path that ends with `/`. */
  readonly objectPrefix: string;
  readonly topic: string;
  /** The date, as in `dt=2026-11-23`; undefined for objects directly in the topic's folder. */
  readonly dt?: string;
  /** The layout that has objects there; undefined if the folder was not opened: `hour` or `day`. */
  readonly timeFolder?: TimeFolder;
}

/** A folder whose records no table has. */
export interface UncoveredFolder {
  /** The folder as far as it names what is uncovered: prefix and topic, and the date if only that is uncovered. */
  readonly folder: string;
  /** What an operator can do about it. */
  readonly remedy: string;
  /** Whether its date is after those of the tables, which no setting can change. */
  readonly isLater: boolean;
}

/**
 * Returns the folders that no table covers, sorted and without duplicates. A topic that no table has counts as one
 * folder, whatever its dates.
 */
export function uncoveredFolders(
  folders: readonly ArchiveFolder[],
  coverage: CatalogCoverage,
): UncoveredFolder[] {
  const found = new Map<string, UncoveredFolder>();
  for (const each of folders) {
    const uncovered = check(each, coverage);
    if (uncovered !== undefined) found.set(`${uncovered.folder} ${uncovered.remedy}`, uncovered);
  }
  return [...found.values()].sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

function check(
  { dt, objectPrefix, timeFolder, topic }: ArchiveFolder,
  { from, layouts, to }: CatalogCoverage,
): UncoveredFolder | undefined {
  const ofTopic = `${objectPrefix}topic=${topic}/`;
  const inPrefix = layouts.filter((layout) => layout.objectPrefix === objectPrefix);
  if (inPrefix.length === 0) {
    const remedy = `add a layout with objectPrefix '${objectPrefix}' to catalogLayouts`;
    return { folder: ofTopic, remedy, isLater: false };
  }
  const ofThisTopic = inPrefix.filter(({ topics }) => topics.includes(topic));
  if (ofThisTopic.length === 0) {
    const isCurrent = inPrefix[0] === layouts[0];
    const remedy = isCurrent
      ? `add '${topic}' to catalogTopics`
      : `add '${topic}' to the topics of the layout '${objectPrefix}' in catalogLayouts`;
    return { folder: ofTopic, remedy, isLater: false };
  }
  const folder = dt === undefined ? ofTopic : `${ofTopic}dt=${dt}/`;
  const isForm = (form: TimeFolder): boolean =>
    timeFolder === undefined ? form !== 'none' : form === timeFolder;
  if (!ofThisTopic.some((layout) => isForm(layout.timeFolder))) {
    const form = timeFolder ?? 'day or hour';
    const remedy = `add a layout with objectPrefix '${objectPrefix}' and timeFolder '${form}' to catalogLayouts`;
    return { folder: ofTopic, remedy, isLater: false };
  }
  if (dt === undefined || undatedFolders.includes(dt)) return undefined;
  if (dt < from) {
    return { folder, remedy: `set catalogFrom to '${dt}' or earlier`, isLater: false };
  }
  if (dt <= to) return undefined;
  const remedy =
    "look for a producer with a wrong clock: the tables end tomorrow, and 'kafka-archive find', 'cat' and 'sql' read the folder";
  return { folder, remedy, isLater: true };
}
