import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { isTime } from '../lambda/core/failed-batch/replay-command.ts';

/** Inclusive range of a whole number, and the value of a flag that is not given. */
export interface NumberRange<Preset extends number | undefined> {
  readonly min: number;
  readonly max: number;
  readonly default?: Preset;
}

/** A flag that takes a whole number. Its help ends with the range and the default. */
export function wholeNumber<Usage extends string, Preset extends number | undefined = undefined>(
  flags: Usage,
  description: string,
  { min, max, default: preset }: NumberRange<Preset>,
) {
  return new Option(flags, `${description}, ${min} to ${max}`)
    .argParser((given: string): number => {
      const value = Number(given);
      if (/^-?\d+$/.test(given) && value >= min && value <= max) return value;
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    })
    .default(preset as Preset);
}

/** A flag that takes a name, such as that of a topic; the empty text is refused. */
export function named<Usage extends string>(flags: Usage, description: string) {
  return new Option(flags, description).argParser(parseName);
}

/** Parses a name: any text except the empty one. */
export function parseName(given: string): string {
  if (given.trim() !== '') return given;
  throw new InvalidArgumentError('It must not be empty.');
}

/** Parses a flag that may be repeated, as a list. */
export function repeated(given: string, earlier: readonly string[] = []): readonly string[] {
  if (given !== '') return [...earlier, given];
  throw new InvalidArgumentError('It must not be empty.');
}

/** A flag that takes comma-separated names; spaces and repetitions are dropped, and one name is required. */
export function list<Usage extends string>(flags: Usage, description: string) {
  return new Option(flags, description).argParser(parseList);
}

function parseList(given: string): readonly string[] {
  const names = splitList(given);
  if (names.length > 0) return names;
  throw new InvalidArgumentError('It must be one or more names, separated by commas.');
}

/** Splits comma-separated names, with or without spaces, and drops repetitions. */
export function splitList(given: string): readonly string[] {
  const names = given.split(',').map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ''))];
}

/** A flag that takes an http or https URL. */
export function httpUrl<Usage extends string>(flags: Usage, description: string) {
  return new Option(flags, description).argParser((given: string): string => {
    // `localhost:9000` is a URL too, with the scheme `localhost`.
    if (/^https?:$/.test(URL.parse(given)?.protocol ?? '')) return given;
    throw new InvalidArgumentError('It must be an http or https URL.');
  });
}

/** Milliseconds of each unit of a duration. */
const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A flag that takes a duration such as `90s`, `30m`, `2h` or `7d`, in milliseconds. */
export function duration<Usage extends string>(flags: Usage, description: string) {
  return new Option(flags, description).argParser((given: string): number => {
    const milliseconds = parseDuration(given);
    if (milliseconds !== undefined) return milliseconds;
    throw new InvalidArgumentError('It must be a duration such as 90s, 30m, 2h or 7d.');
  });
}

/** Milliseconds of a duration such as `2h`; undefined for any other text. */
function parseDuration(given: string): number | undefined {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(given) ?? [];
  return unit === undefined ? undefined : Number(amount) * units[unit as keyof typeof units];
}

/**
 * A flag that takes a point in time, in epoch milliseconds: ISO 8601 with a date, such as `2026-11-24T09:00:00Z`.
 *
 * @param ages also accepts an age before now, such as `2h`
 */
export function time<Usage extends string>(
  flags: Usage,
  description: string,
  ages?: { readonly now: () => number },
) {
  return new Option(flags, description).argParser((given: string): number => {
    if (isTime(given)) return Date.parse(given);
    const age = parseDuration(given);
    if (ages !== undefined && age !== undefined) return ages.now() - age;
    const alternative = ages === undefined ? '' : ', or an age such as 30m, 2h or 7d';
    throw new InvalidArgumentError(
      `It must be an ISO 8601 time such as 2026-11-24T09:00:00Z${alternative}.`,
    );
  });
}

/** A flag that takes a UUID. */
export function uuid<Usage extends string>(flags: Usage, description: string) {
  return new Option(flags, description).argParser((given: string): string => {
    if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(given)) return given;
    throw new InvalidArgumentError('It must be a UUID.');
  });
}
