/**
 * The forms that a setting can be written in. A setting arrives with its own type from `cdk.json`, and
 * always as text from `-c name=value`. Each form accepts both, and nothing that only looks like them.
 *
 * @module
 */
import { z } from 'zod';

const MAX_SHOWN = 120;

/** Returns a value as an error message prints it: on one line, shortened. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const json = JSON.stringify(value) ?? typeof value;
  // Quoted as JSON first, so that a line break in a value cannot make two lines of one problem.
  const text = typeof value === 'string' ? `'${json.slice(1, -1).replaceAll('\\"', '"')}'` : json;
  return text.length > MAX_SHOWN
    ? `${text.slice(0, MAX_SHOWN)}… (${text.length} characters)`
    : text;
}

/** Lists words in quotes, such as `'a', 'b'`. */
export function quoted(words: readonly string[], separator = ', '): string {
  return words.map((word) => `'${word}'`).join(separator);
}

/** The error of a schema: what the value must be, and what it was. */
export function must(allowed: string): (issue: { readonly input?: unknown }) => string {
  return (issue) => `must ${allowed}, got ${show(issue.input)}`;
}

/** A whole number in a range, or its canonical decimal text: `5`, not ` 5`, `05`, `5.0` or `5k`. */
export function wholeNumber({ min, max }: { readonly min: number; readonly max: number }) {
  const error = must(`be a whole number from ${min} to ${max}`);
  return z.preprocess(numberOfText, z.int({ error }).min(min, { error }).max(max, { error }));
}

/** A whole number whose range depends on another setting. */
export function anyWholeNumber() {
  return z.preprocess(numberOfText, z.int({ error: must('be a whole number') }));
}

function numberOfText(value: unknown): unknown {
  return typeof value === 'string' && /^(0|-?[1-9]\d*)$/.test(value) ? Number(value) : value;
}

/** `true` or `false`, or either as text. */
export function flag() {
  return z.preprocess(
    (value) => (value === 'true' ? true : value === 'false' ? false : value),
    z.boolean({ error: must('be true or false') }),
  );
}

/** One of a list of words. */
export function choice<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: must(`be one of ${quoted(words)}`) });
}

/**
 * Text that matches a pattern.
 *
 * @param allowed continues the error message after `must`.
 */
export function text(pattern: RegExp, allowed: string) {
  const error = must(allowed);
  return z.string({ error }).regex(pattern, { error });
}

/** The ARN of a secret. */
export function secretArn() {
  return text(
    /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+$/,
    'be the ARN of a Secrets Manager secret',
  );
}

/** A KMS key by its ARN; an alias would not say which key it is. */
const KEY_ARN = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]{1,128}$/;

/** Returns whether a text is the ARN of a KMS key. */
export function isKeyArn(value: string): boolean {
  return KEY_ARN.test(value);
}

/** The ARN of a KMS key. */
export function keyArn() {
  return text(KEY_ARN, 'be the ARN of a KMS key');
}

/** What a {@link nameList} accepts. */
export interface NameListOptions<Name extends string> {
  readonly of: z.ZodType<Name>;
  /** What error messages call an entry. */
  readonly noun: string;
  readonly max: number;
}

/** A list of distinct names, or one text with commas between the names and optional spaces around them. */
export function nameList<Name extends string>({ of, noun, max }: NameListOptions<Name>) {
  return z.preprocess(
    (value) => (typeof value === 'string' ? splitNames(value) : value),
    z
      .array(of, {
        error: ({ input }) =>
          input === undefined
            ? `must name at least one ${noun}, got nothing`
            : `must be a list of ${noun}s, or text such as "a, b", got ${show(input)}`,
      })
      .min(1, { error: `must name at least one ${noun}, got none` })
      .max(max, {
        error: ({ input }) =>
          `must name at most ${max} ${noun}s, got ${Array.isArray(input) ? input.length : 'more'}`,
      })
      .superRefine(
        (names, context) => {
          for (const [index, name] of names.entries()) {
            if (names.indexOf(name) === index) continue;
            context.addIssue({
              code: 'custom',
              path: [index],
              message: `must not repeat a ${noun}, got ${show(name)} again`,
            });
          }
        },
        { when: ({ value }) => Array.isArray(value) },
      ),
  );
}

/** Returns whether a text is an e-mail address, or an endpoint that SNS can post to over TLS. */
export function isSubscriber(value: string): boolean {
  if (/^[^\s@,:/]{1,64}@[^\s@,:/]{1,190}\.[^\s@,:/.]{2,63}$/.test(value)) return true;
  if (!/^https:\/\/\S+$/.test(value) || !URL.canParse(value)) return false;
  // A password would be readable in the template.
  const { username, password } = new URL(value);
  return username === '' && password === '';
}

function splitNames(value: string): string[] {
  return value.trim() === '' ? [] : value.split(',').map((name) => name.trim());
}

/** An object, or its JSON text. */
export function jsonObject<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value, context) => {
    const parsed = typeof value === 'string' ? parseJson(value) : value;
    if (typeof parsed === 'object' && parsed !== null && Object.hasOwn(parsed, '__proto__')) {
      // zod drops this key silently.
      context.addIssue({ code: 'custom', message: "must not have a field '__proto__'" });
    }
    return parsed;
  }, schema);
}

/**
 * An object with no other fields than these.
 *
 * @param example JSON text that is accepted, for the error message.
 */
export function jsonFields<Shape extends z.core.$ZodLooseShape>(shape: Shape, example: string) {
  const names = Object.keys(shape);
  const allowed = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  const wanted = must(`be an object, as JSON text such as ${example}`);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `must have only ${allowed}, got ${quoted(issue.keys)}`
        : wanted(issue),
  });
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    // Not JSON: the schema refuses the text and prints it.
    return value;
  }
}
