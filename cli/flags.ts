import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import type { SettingRange } from '../lambda/contract.ts';
import { ArchiverError } from '../lambda/core/errors.ts';

/** A flag that takes a value, for {@link readFlags}. */
export const text = { type: 'string' } as const;

/** A flag that is given or not, for {@link readFlags}. */
export const flag = { type: 'boolean', default: false } as const;

/**
 * A command line's flags.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` for a flag that there is not, or one without its value
 */
export function readFlags<Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
) {
  return parse(() => parseArgs({ args: [...args], options }).values);
}

/**
 * A command line's flags, and its words: what stands among them by itself.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` for a flag that there is not, or one without its value
 */
export function readWordsAndFlags<Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
) {
  return parse(() => {
    const { positionals, values } = parseArgs({
      ...{ args: [...args], options, allowPositionals: true },
    });
    return { words: positionals, values };
  });
}

function parse<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw invalid(message.replaceAll('\n', ' '));
  }
}

/** @throws {ArchiverError} `INVALID_SETTINGS` where it is out of its range */
export function wholeNumber<Name extends string>(
  ranges: Readonly<Record<Name, SettingRange>>,
  name: Name,
  given: string | undefined,
): number {
  const { min, max, default: preset } = ranges[name];
  if (given === undefined) return preset;
  const value = Number(given);
  if (/^-?\d+$/.test(given) && value >= min && value <= max) return value;
  throw invalid(`--${name} must be a whole number from ${min} to ${max}, got '${given}'`);
}

/** @throws {ArchiverError} `INVALID_SETTINGS` where it is none of the values */
export function oneOf<Value extends string>(
  name: string,
  given: string,
  values: readonly Value[],
): Value {
  const value = values.find((candidate) => candidate === given);
  if (value !== undefined) return value;
  throw invalid(`--${name} must be one of ${values.join(', ')}, got '${given}'`);
}

/**
 * @param wanted what it is the URL of, or `a URL`
 * @throws {ArchiverError} `INVALID_SETTINGS` where it is no URL with http or https
 */
export function httpUrl(
  name: string,
  given: string | undefined,
  wanted = 'a URL',
): string | undefined {
  // `localhost:9000` is a URL too, of a scheme `localhost`.
  if (given === undefined || /^https?:$/.test(URL.parse(given)?.protocol ?? '')) return given;
  throw invalid(`--${name} must be ${wanted} with http or https, got '${given}'`);
}

/** Names with commas between, spaces or not; none twice. */
export function list(given: string): readonly string[] {
  const names = given.split(',').map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ''))];
}

/** What a mistake on the command line is answered with. */
export function invalid(message: string): ArchiverError {
  return new ArchiverError('INVALID_SETTINGS', `${message}; see --help`);
}
