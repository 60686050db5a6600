import type { ArchiveSettings } from '../archive-handler.ts';
import {
  compressionLevels,
  compressions,
  environmentNames as names,
  type SettingRange,
  settingRanges,
  timeFolders,
} from '../contract.ts';
import type { MetadataFields } from '../core/enrichment.ts';
import { ArchiverError } from '../core/errors.ts';

/** What the archive function reads from its environment. */
export interface RuntimeSettings extends ArchiveSettings {
  readonly archiveBucket: string;
}

/**
 * Reads the archive function's environment, which the construct writes whole.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS`, naming every variable that is missing or out of range
 */
export function readSettings(environment: NodeJS.ProcessEnv): RuntimeSettings {
  const problems: string[] = [];
  const read = <Value>(
    name: string,
    parse: (text: string) => Value | undefined,
    wanted: string,
  ) => {
    const text = environment[name];
    const value = text === undefined ? undefined : parse(text);
    if (value === undefined) {
      problems.push(`${name} must be ${wanted}, got ${text === undefined ? 'none' : `'${text}'`}`);
    }
    return value as Value;
  };
  const oneOf = <Value extends string>(name: string, values: readonly Value[]) =>
    read(name, (text) => values.find((value) => value === text), `one of ${values.join(', ')}`);
  const wholeNumber = (name: string, { min, max }: SettingRange) =>
    read(name, (text) => parseWholeNumber(text, min, max), `a whole number from ${min} to ${max}`);

  const compression = oneOf(names.compression, compressions);
  const settings = {
    archiveBucket: read(names.archiveBucket, (text) => text || undefined, 'the name of a bucket'),
    objectPrefix: read(names.objectPrefix, parsePrefix, "empty or end in '/'"),
    timeFolder: oneOf(names.timeFolder, timeFolders),
    compression,
    level:
      compression === undefined || compression === 'none'
        ? 0
        : wholeNumber(names.compressionLevel, compressionLevels[compression]),
    metadata: read(names.metadata, parseMetadata, 'a JSON object of text, numbers and booleans'),
    maxParallelPuts: wholeNumber(names.maxParallelPuts, settingRanges.maxParallelPuts),
    reportBatchItemFailures: oneOf(names.reportBatchItemFailures, ['true', 'false']) === 'true',
  };
  if (problems.length > 0) throw new ArchiverError('INVALID_SETTINGS', problems.join('; '));
  return Object.freeze(settings);
}

function parseWholeNumber(text: string, min: number, max: number): number | undefined {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= min && value <= max ? value : undefined;
}

function parsePrefix(text: string): string | undefined {
  return text === '' || text.endsWith('/') ? text : undefined;
}

function parseMetadata(text: string): MetadataFields | undefined {
  try {
    const fields: unknown = JSON.parse(text);
    const isFlat =
      typeof fields === 'object' &&
      fields !== null &&
      !Array.isArray(fields) &&
      Object.values(fields).every((value) => value === null || typeof value !== 'object');
    return isFlat ? (fields as MetadataFields) : undefined;
  } catch {
    return undefined;
  }
}
