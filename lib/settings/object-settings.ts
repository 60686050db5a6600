/**
 * Settings of the objects: their keys, their compression, and what their records say about themselves.
 *
 * @module
 */
import { z } from 'zod';
import {
  compressionLevels,
  compressions,
  reservedMetadataFields,
  timeFolders,
} from '../../lambda/contract.ts';
import { anyWholeNumber, choice, jsonObject, must } from './setting-forms.ts';
import type { SettingReport, SettingsOf } from './setting-report.ts';

/**
 * The longest prefix, in bytes. An S3 key holds 1,024, and the rest of a key needs up to 612: the topic
 * twice at 249, a partition of 10 digits, two offsets of 20, the folders and every suffix.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
 */
export const MAX_OBJECT_PREFIX_BYTES = 400;

/** The environment of a function holds 4 KB in all: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const MAX_METADATA_BYTES = 2048;

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
  for (const name of Object.keys(fields)) {
    if (reservedMetadataFields.some((reserved) => reserved === name)) {
      const message = `must not be set (the archiver sets ${reservedMetadataFields.join(', ')})`;
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
  objectPrefix: z
    .string({ error: objectPrefixError })
    .refine(isPrefix, { error: objectPrefixError })
    .optional()
    .meta({
      description: 'Prefix of every object key.',
      unset: "the name of the cluster, or the host of the first bootstrap server, then '/'",
    }),
  timeFolder: choice(timeFolders)
    .default('hour')
    .describe('Time folders in the object keys, from the timestamps of the records in UTC.'),
  compression: choice(compressions).default('gzip').describe('Compression of the objects.'),
  compressionLevel: anyWholeNumber()
    .optional()
    .meta({
      description: `Level of the compression: ${levels}, and 'none' has no level.`,
      unset: defaultLevels,
    }),
  metadata: jsonObject(metadataFields)
    .default({})
    .describe(
      `Static fields for the \`metadata\` of every record line: texts, numbers, true or false, at most ${MAX_METADATA_BYTES} bytes as JSON. Never put a secret here: anyone who can read the configuration of the functions, or the objects, can read it.`,
    ),
};

type Given = SettingsOf<typeof objectSettings>;

/** Reports object settings that do not go together. */
export function checkObjects(report: SettingReport<Given>): void {
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

/** The level of the compression, or the default of the compression; undefined if it has no levels. */
export function toCompressionLevel({ compression, compressionLevel }: Given): number | undefined {
  if (compression === 'none') return undefined;
  return compressionLevel ?? compressionLevels[compression].default;
}
