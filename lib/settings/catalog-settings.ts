/**
 * Settings of the catalog: the tables and views with which Athena reads the archive.
 *
 * @module
 */
import { z } from 'zod';
import { type TimeFolder, timeFolders } from '../../lambda/contract.ts';
import { layoutsOf } from '../catalog/layouts.ts';
import { COLUMN_NAME, COLUMN_PATH, COLUMN_TYPE } from '../catalog/typed-columns.ts';
import { topicColumns } from '../catalog/views.ts';
import type { objectSettings } from './object-settings.ts';
import { objectPrefix } from './object-settings.ts';
import {
  choice,
  flag,
  jsonFields,
  jsonObject,
  must,
  nameList,
  show,
  text,
  wholeNumber,
} from './setting-forms.ts';
import type { SettingReport, SettingsOf } from './setting-report.ts';
import { topicName, type topicSettings } from './topic-settings.ts';

/** The most topics of a table besides those that are archived, so that their names fit into a template. */
export const MAX_CATALOG_TOPICS = 100;

/** The most earlier layouts. */
export const MAX_CATALOG_LAYOUTS = 5;

/** The most typed columns of one topic. */
export const MAX_COLUMNS = 100;

/** Characters of a path to a typed column. */
const MAX_PATH = 256;

const UNSET_FROM = '2020-01-01';
const UNSET_SCAN_LIMIT_GIB = 100;

/** Folders in which the archive once stored objects. */
export interface EarlierLayout {
  /** The `objectPrefix` of that time: '' or a path that ends with '/'. */
  readonly objectPrefix: string;
  /** The `timeFolder` of that time. */
  readonly timeFolder: TimeFolder;
  /** The topics that have folders there. @default - `topics` and `catalogTopics` */
  readonly topics?: readonly string[];
}

const topics = (max: number) => nameList({ of: topicName(), noun: 'topic', max });

const layout = jsonFields(
  { objectPrefix: objectPrefix(), timeFolder: choice(timeFolders), topics: topics(250).optional() },
  '{"objectPrefix":"shop/","timeFolder":"day"}',
);

const layoutsExample =
  'be a list of layouts, as JSON text such as [{"objectPrefix":"shop/","timeFolder":"day"}]';

const columnPath = must(
  `be '$' followed by steps .name, ['name'] or [0], at most ${MAX_PATH} characters, such as '$.order.items[0].sku'`,
);
const columnType = must(
  'be string, boolean, integer, bigint, double, date, timestamp or decimal(p,s) with p from 1 to 38 and s up to p',
);

/** Athena refuses every query of a view with another type. */
function hasRoomForScale(type: string): boolean {
  const [precision = 0, scale = 0] = (type.match(/\d+/g) ?? []).map(Number);
  return scale <= precision;
}

const column = jsonFields(
  {
    path: z
      .string({ error: columnPath })
      .max(MAX_PATH, { error: columnPath })
      .regex(COLUMN_PATH, { error: columnPath }),
    type: z
      .string({ error: columnType })
      .regex(COLUMN_TYPE, { error: columnType })
      .refine(hasRoomForScale, { error: columnType }),
  },
  '{"path":"$.total","type":"double"}',
);

const columnsError = must(
  'be an object of topics with their columns, as JSON text such as {"orders":{"total":{"path":"$.total","type":"double"}}}',
);
const columnsOfTopic = z.record(z.string(), column, { error: columnsError }).superRefine(
  (columns, context) => {
    const names = Object.keys(columns);
    const refuse = (message: string, path: string[] = []) =>
      context.addIssue({ code: 'custom', path, message });
    if (names.length > MAX_COLUMNS) {
      refuse(`must have at most ${MAX_COLUMNS} columns, got ${names.length}`);
    }
    for (const name of names) {
      if (!COLUMN_NAME.test(name)) {
        const allowed = "at most 128 lower-case letters, digits or '_', not starting with a digit";
        refuse(`must have a name of ${allowed}`, [name]);
      } else if (topicColumns.includes(name)) {
        refuse(`must not have the name of a column of every view: ${topicColumns.join(', ')}`, [
          name,
        ]);
      }
    }
  },
  { when: ({ value }) => typeof value === 'object' && value !== null && !Array.isArray(value) },
);

/** The catalog. */
export const catalogSettings = {
  catalog: flag()
    .default(true)
    .describe(
      'Creates the catalog: a Glue database with tables and views over the archive, an Athena workgroup with saved queries, a policy for readers, and a daily check that the tables cover every folder. Tables and views hold no data; without the catalog, the objects are the same.',
    ),
  catalogDatabase: text(
    /^[a-z][a-z0-9_]{0,254}$/,
    "be 1 to 255 lower-case letters, digits or '_', starting with a letter",
  )
    .optional()
    .meta({
      description:
        'Name of the Glue database, which must not exist yet. Another name replaces the database with its tables and views, which hold no data.',
      unset: "the value of `stackName` in lower case, with '_' for '-'",
    }),
  catalogFrom: z.iso
    .date({ error: must("be a date from 2000-01-01 on, such as '2024-06-01'") })
    .optional()
    .meta({
      description:
        'Day (UTC) of the earliest records, from 2000-01-01 on. The tables have no records of earlier days, except those without a usable timestamp. A query without a filter on `dt` lists every folder from this day on.',
      unset: `\`${UNSET_FROM}\``,
    }),
  catalogTopics: topics(MAX_CATALOG_TOPICS)
    .optional()
    .meta({
      description: `Topics, at most ${MAX_CATALOG_TOPICS}, that are no longer archived and whose objects the tables cover, as a list or as text with commas.`,
      unset: 'only `topics`',
    }),
  catalogLayouts: jsonObject(
    z
      .array(layout, { error: must(layoutsExample) })
      .min(1, { error: must(layoutsExample) })
      .max(MAX_CATALOG_LAYOUTS, {
        error: must(`have at most ${MAX_CATALOG_LAYOUTS} layouts`),
      }),
  )
    .optional()
    .meta({
      description: `Earlier values of \`objectPrefix\` and \`timeFolder\`, at most ${MAX_CATALOG_LAYOUTS}, such as [{"objectPrefix": "shop/", "timeFolder": "day"}], so that the tables cover their folders as well. Each can name its \`topics\`; without them, it has those of \`topics\` and \`catalogTopics\`. The tables of the first are archive_lines_2 and archive_undated_2, and so on: append a layout at the end.`,
      unset: 'only the current folders',
    }),
  columns: jsonObject(z.record(z.string(), columnsOfTopic, { error: columnsError }))
    .optional()
    .meta({
      description: `Typed columns of the views of topics, from JSON values: {"orders": {"total": {"path": "$.total", "type": "double"}}}. A topic of \`catalogTopics\` keeps its view if it is named here, with {} if the view has no typed columns. Paths have the steps .name, ['name'] and [0]. Types are string, boolean, integer, bigint, double, decimal(p,s), date and timestamp. A value that does not fit is NULL.`,
      unset: 'views have the value as text',
    }),
  queryScanLimitGiB: wholeNumber({ min: 1, max: 1_048_576 })
    .optional()
    .meta({
      description:
        'GiB of objects that one query in the workgroup may read before Athena cancels it. Athena charges for what the query has read by then.',
      unset: `\`${UNSET_SCAN_LIMIT_GIB}\``,
    }),
};

type Given = SettingsOf<typeof catalogSettings & typeof objectSettings & typeof topicSettings>;

const details = [
  'catalogDatabase',
  'catalogFrom',
  'catalogTopics',
  'catalogLayouts',
  'columns',
  'queryScanLimitGiB',
] as const;

/**
 * Reports catalog settings that do not go together, and columns of topics that are not archived.
 *
 * @param now the time that `catalogFrom` must not be after.
 */
export function checkCatalog(report: SettingReport<Given>, now: Date): void {
  const { given } = report;
  if (!report.isSound('catalog')) return;
  if (!given.catalog) {
    for (const name of details) {
      if (given[name] !== undefined) report.refuse(name, 'not be set with catalog false');
    }
    return;
  }
  const today = now.toISOString().slice(0, 10);
  const { catalogFrom: from = today } = given;
  if (report.isSound('catalogFrom') && (from < '2000-01-01' || from > today)) {
    report.refuse('catalogFrom', `be a date from 2000-01-01 to ${today}`);
  }
  checkTopics(report);
}

/**
 * Reports folders of two layouts, whose lines would be in the tables of both.
 *
 * @param objectPrefix the current one
 */
export function checkLayouts(report: SettingReport<Given>, objectPrefix: string): void {
  if (!report.isSound('topics', 'timeFolder', 'catalogTopics', 'catalogLayouts')) return;
  const found = new Set<string>();
  for (const layout of layoutsOf({ ...report.given, objectPrefix })) {
    const { objectPrefix: prefix, timeFolder } = layout;
    for (const topic of layout.topics) {
      const each = JSON.stringify([topic, prefix, timeFolder]);
      if (found.has(each)) {
        const reason = `two have topic ${show(topic)} with objectPrefix ${show(prefix)} and timeFolder ${show(timeFolder)}`;
        report.refuse('catalogLayouts', 'not have the folders of another layout', { reason });
        return;
      }
      found.add(each);
    }
  }
}

function checkTopics(report: SettingReport<Given>): void {
  const { catalogTopics = [], columns = {}, topics: archived } = report.given;
  if (!report.isSound('topics')) return;
  const reason = `topics has ${show(archived)}`;
  if (report.isSound('catalogTopics')) {
    for (const topic of catalogTopics.filter((each) => archived.includes(each))) {
      report.refuse('catalogTopics', 'name only topics that are not in topics', {
        reason,
        got: topic,
      });
    }
  }
  if (!report.isSound('columns', 'catalogTopics')) return;
  const known = [...archived, ...catalogTopics];
  for (const topic of Object.keys(columns).filter((each) => !known.includes(each))) {
    const others = catalogTopics.length === 0 ? '' : `, catalogTopics has ${show(catalogTopics)}`;
    report.refuse('columns', 'name only topics in topics or catalogTopics', {
      ...{ reason: `${reason}${others}`, got: topic },
    });
  }
}

/** The catalog settings with their defaults. */
export function toCatalog({ catalogFrom, queryScanLimitGiB }: Given) {
  return {
    catalogFrom: catalogFrom ?? UNSET_FROM,
    queryScanLimitGiB: queryScanLimitGiB ?? UNSET_SCAN_LIMIT_GIB,
  };
}
