import { InvalidArgumentError, Option } from '@commander-js/extra-typings';

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
  return new Option(flags, description).argParser((given: string): string => {
    if (given.trim() !== '') return given;
    throw new InvalidArgumentError('It must not be empty.');
  });
}

/** A flag that takes comma-separated names; spaces and repetitions are dropped, and one name is required. */
export function list<Usage extends string>(flags: Usage, description: string) {
  return new Option(flags, description).argParser(parseList);
}

/** Parses comma-separated names, with or without spaces, and drops repetitions. */
export function parseList(given: string): readonly string[] {
  const names = given.split(',').map((name) => name.trim());
  const found = [...new Set(names.filter((name) => name !== ''))];
  if (found.length > 0) return found;
  throw new InvalidArgumentError('It must be one or more names, separated by commas.');
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
export function parseDuration(given: string): number | undefined {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(given) ?? [];
  return unit === undefined ? undefined : Number(amount) * units[unit as keyof typeof units];
}
