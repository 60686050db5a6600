/**
 * Settings of the objects: their keys, their compression, and what their records say about themselves.
 *
 * @module
 */
import { z } from 'zod';
import {
  byteEncodings,
  compressionLevels,
  compressions,
  objectForms,
  reservedMetadataFields,
  timeFolders,
} from '../../lambda/contract.ts';
import { anyWholeNumber, choice, jsonObject, must, quoted, show } from './setting-forms.ts';
import type { SettingReport, SettingsOf } from './setting-report.ts';
import type { topicSettings } from './topic-settings.ts';

/**
 * The longest prefix, in bytes. An S3 key holds 1,024, of which the longest topic, the folders and every suffix need
 * 310. The rest, 314 with the longest prefix, is for the partitions and offsets of a batch: 6 of the longest fit, and a
 * batch of more partitions makes more objects. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
 */
export const MAX_OBJECT_PREFIX_BYTES = 400;

/** The environment of a function holds 4 KB in all: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const MAX_METADATA_BYTES = 2048;

/**
 * The most bytes that `metadata` and the encodings have together in that environment, if an encoding is set. The quotes of
 * their JSON count twice there, since they are escaped. ASSUMED: Lambda measures the variables as JSON.
 */
export const MAX_ENCODING_BYTES = 2000;

const isPrefix = (prefix: string): boolean =>
  prefix === '' ||
  (prefix.length <= MAX_OBJECT_PREFIX_BYTES &&
    prefix
      .split('/')
      .every((part, index, parts) =>
        index === parts.length - 1
          ? part === ''
          : /^[\w!.()=-]+$/.test(part) && !/^\.+$/.test(part),
      ));

const objectPrefixError = must(
  `be '' or a path that ends with '/', of at most ${MAX_OBJECT_PREFIX_BYTES} letters, digits and ! - _ . ( ) = /, without a leading '/' and without empty, '.' or '..' parts`,
);

/** What object keys begin with: '' or a path that ends with '/'. */
export function objectPrefix() {
  return z.string({ error: objectPrefixError }).refine(isPrefix, { error: objectPrefixError });
}

const metadataFields = z
  .record(
    z.string(),
    z
      .union([z.string(), z.number(), z.boolean()], {
        error: must('be text, a number, true or false'),
      })
      .refine(isExactNumber, {
        error: must('be text if it is a whole number beyond ±9007199254740991, which JSON rounds'),
      })
      .refine(isReadable, {
        error: must('be Unicode text, without half of a surrogate pair'),
      }),
    { error: must('be an object, as JSON text such as {"env":"prod"}') },
  )
  .superRefine(checkMetadata, {
    when: ({ value }) => typeof value === 'object' && value !== null && !Array.isArray(value),
  });

const encodingWords = quoted(byteEncodings);

/** One encoding for all topics, or one for each of the topics. */
function encodings() {
  const forTopics = jsonObject(
    z.record(z.string(), choice(byteEncodings), {
      error: must(
        `be one of ${encodingWords}, or an object from topics to these, as JSON text such as {"payments":"base64","*":"text"}`,
      ),
    }),
  );
  return z.preprocess((value): unknown => {
    if (value === 'auto') return {};
    return byteEncodings.some((encoding) => encoding === value) ? { '*': value } : value;
  }, forTopics);
}

/** Whether a number has all digits that the operator gave it. A fraction is rounded anyway. */
function isExactNumber(value: unknown): boolean {
  return !Number.isInteger(value) || Number.isSafeInteger(value);
}

/** Whether readers of JSON accept a text: many refuse the line of an unpaired surrogate, or its whole object. */
function isReadable(value: unknown): boolean {
  return typeof value !== 'string' || value.isWellFormed();
}

function checkMetadata(
  fields: Readonly<Record<string, unknown>>,
  context: z.core.$RefinementCtx,
): void {
  const names = new Map<string, string>();
  for (const name of Object.keys(fields)) {
    const lowerCase = name.toLowerCase();
    const other = names.get(lowerCase);
    names.set(lowerCase, name);
    if (reservedMetadataFields.some((reserved) => reserved === lowerCase)) {
      const message = `must not be set (reserved, in any case: ${reservedMetadataFields.join(', ')})`;
      context.addIssue({ code: 'custom', path: [name], message });
    } else if (other !== undefined) {
      const message = `must not differ from '${other}' only in case, which several readers ignore`;
      context.addIssue({ code: 'custom', path: [name], message });
    } else if (!/^[A-Za-z_][\w.-]{0,63}$/.test(name)) {
      const message =
        "must have a name of at most 64 letters, digits, '_', '-' or '.', starting with a letter or '_'";
      context.addIssue({ code: 'custom', path: [name], message });
    }
  }
  const bytes = Buffer.byteLength(JSON.stringify(fields));
  if (bytes > MAX_METADATA_BYTES) {
    const message = `must have at most ${MAX_METADATA_BYTES} bytes as JSON, got ${bytes}`;
    context.addIssue({ code: 'custom', message });
  }
}

const levels = Object.entries(compressionLevels)
  .map(([name, level]) => `'${name}' accepts ${level.min} to ${level.max}`)
  .join(', ');
const defaultLevels = Object.entries(compressionLevels)
  .map(([name, level]) => `${level.default} for '${name}'`)
  .join(', ');

/** The objects that the functions store. */
export const objectSettings = {
  objectPrefix: objectPrefix().optional().meta({
    description: 'Prefix of every object key.',
    unset: "the name of the cluster, or the host of the first bootstrap server, then '/'",
  }),
  timeFolder: choice(timeFolders)
    .default('hour')
    .describe('Time folders in the object keys, from the timestamps of the records in UTC.'),
  objectOf: choice(objectForms)
    .default('batch')
    .describe(
      "What an object holds: the records of a batch in one time folder ('batch'), or only those of one partition ('partition'). Choose 'partition' for readers that need one partition per object; it costs a PUT for each partition of a batch. A change applies to new objects, and existing ones stay readable. With `delivery` 'firehose', it applies only to records that are too large for Firehose.",
    ),
  compression: choice(compressions).default('gzip').describe('Compression of the objects.'),
  compressionLevel: anyWholeNumber()
    .optional()
    .meta({
      description: `Level of the compression: ${levels}, and 'none' has no level.`,
      unset: defaultLevels,
    }),
  valueEncoding: encodings()
    .default({})
    .describe(
      `How values are written into record lines, for all topics or by topic, with '*' for topics that are not named. 'auto' embeds JSON, and writes other text as a string and other bytes as base64. Choose 'base64' for a binary topic such as Avro: some of its short values are also valid text, so that 'auto' would mix strings and base64. Choose 'text' for a topic whose readers expect every value as a string. A change applies to new records, and existing objects stay readable. If an encoding is set, \`valueEncoding\`, \`keyEncoding\` and \`metadata\` may have at most ${MAX_ENCODING_BYTES} bytes together.`,
    ),
  keyEncoding: encodings()
    .default({})
    .describe(
      "How keys are written, in the same forms as `valueEncoding`. 'auto' and 'text' write keys as strings, and those that are not UTF-8 as base64; 'base64' writes every key as base64. Choose 'base64' for binary keys such as numbers.",
    ),
  metadata: jsonObject(metadataFields)
    .default({})
    .describe(
      `Static fields for the \`metadata\` of every record line: texts, numbers, true or false, at most ${MAX_METADATA_BYTES} bytes as JSON. Never put a secret here: anyone who can read the configuration of the functions, or the objects, can read it.`,
    ),
};

type Given = SettingsOf<typeof objectSettings>;
type GivenTopics = SettingsOf<typeof topicSettings>;

/** Reports object settings that do not go together, and encodings of topics that are not archived. */
export function checkObjects(report: SettingReport<Given & GivenTopics>): void {
  checkLevel(report);
  checkEncodings(report);
}

function checkLevel(report: SettingReport<Given & GivenTopics>): void {
  const { compression, compressionLevel: level } = report.given;
  if (level === undefined || !report.isSound('compression', 'compressionLevel')) return;
  const withCompression = `with compression '${compression}'`;
  if (compression === 'none') {
    report.refuse('compressionLevel', `not be set ${withCompression}`);
    return;
  }
  const { min, max } = compressionLevels[compression];
  if (level >= min && level <= max) return;
  const allowed = `be a whole number from ${min} to ${max} ${withCompression}`;
  report.refuse('compressionLevel', allowed);
}

const encodingSettings = ['valueEncoding', 'keyEncoding'] as const;

function checkEncodings(report: SettingReport<Given & GivenTopics>): void {
  if (!report.isSound('topics', 'metadata', ...encodingSettings)) return;
  const { given } = report;
  const allowed = ['*', ...given.topics];
  for (const name of encodingSettings) {
    for (const topic of Object.keys(given[name])) {
      if (allowed.includes(topic)) continue;
      report.refuse(name, "name only topics in topics, or '*' for the others", {
        reason: `topics has ${show(given.topics)}`,
        got: topic,
      });
    }
  }
  const first = encodingSettings.find((name) => Object.keys(given[name]).length > 0);
  if (first === undefined) return;
  const bytes = [...encodingSettings, 'metadata' as const]
    .map((name) => Buffer.byteLength(JSON.stringify(JSON.stringify(given[name]))))
    .reduce((sum, size) => sum + size);
  if (bytes <= MAX_ENCODING_BYTES) return;
  const others = [...encodingSettings, 'metadata'].filter((name) => name !== first).join(' and ');
  const most = `have at most ${MAX_ENCODING_BYTES} bytes together with ${others}, as JSON in the environment of the functions`;
  report.refuse(first, most, { got: bytes });
}

/** The level of the compression, or the default of the compression; undefined if it has no levels. */
export function toCompressionLevel({ compression, compressionLevel }: Given): number | undefined {
  if (compression === 'none') return undefined;
  return compressionLevel ?? compressionLevels[compression].default;
}
