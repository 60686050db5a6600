import { isUtf8 } from 'node:buffer';
import { isObject } from '../../lambda/core/is-object.ts';
import type { DecodedRecord } from '../../lambda/core/record/decode-line.ts';
import { UsageError } from '../usage-error.ts';

/** Whether a record meets a condition. */
export type Condition = (record: DecodedRecord) => boolean;

type Scalar = string | number | bigint | boolean | null;
type Root = (typeof roots)[number];
type Operator = (typeof operators)[number];

const roots = ['value', 'key', 'headers', 'metadata'] as const;
const constants = { true: true, false: false, null: null } as const;
/** The longer ones first. */
const operators = ['!=', '<=', '>=', '=', '<', '>', 'exists'] as const;

/**
 * Parses a condition such as `value.total > 100`: a path, an operator, and a literal unless the operator is `exists`.
 * `--help` of the command describes the grammar.
 *
 * A field that is missing or has another type than the literal meets no condition, not even `!=`. Integers compare
 * exactly, whatever their size.
 *
 * @throws {UsageError} with the position of the fault; it quotes nothing of the condition
 */
export function parseWhere(text: string): Condition {
  return new WhereParser(text).parse();
}

class WhereParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Condition {
    const [root, ...path] = this.#path();
    this.#take(/\s*/y);
    const operator = operators.find((each) => this.#text.startsWith(each, this.#at));
    if (operator === undefined) throw this.#fault(`one of ${operators.join(' ')}`);
    this.#at += operator.length;
    this.#take(/\s*/y);
    const literalAt = this.#at;
    const literal = operator === 'exists' ? undefined : this.#literal();
    this.#take(/\s*/y);
    if (this.#at < this.#text.length)
      throw this.#fault('the end (repeat --where for further conditions)');
    if (literal === undefined) {
      return (record) => fieldsAt(record, root as Root, path).length > 0;
    }
    if (/[<>]/.test(operator) && (literal === null || typeof literal === 'boolean')) {
      this.#at = literalAt;
      throw this.#fault(`a number or a string after ${operator}`);
    }
    return (record) =>
      fieldsAt(record, root as Root, path).some((field) => compare(field, operator, literal));
  }

  #path(): readonly (string | number)[] {
    this.#take(/\s*/y);
    const rootAt = this.#at;
    const root = this.#take(/[a-z]+/y);
    if (!roots.some((each) => each === root)) {
      this.#at = rootAt;
      throw this.#fault(`one of ${roots.join(', ')}`);
    }
    const path: (string | number)[] = [root ?? ''];
    for (;;) {
      const index = this.#take(/\[\d{1,9}\]/y);
      if (index !== undefined) path.push(Number(index.slice(1, -1)));
      else if (this.#take(/\./y) !== undefined) path.push(this.#name());
      else return path;
    }
  }

  #name(): string {
    if (this.#text[this.#at] === '"') return this.#string();
    const name = this.#take(/[^\s.[\]=!<>"']+/y);
    if (name === undefined) throw this.#fault('a name');
    return name;
  }

  #literal(): Scalar {
    if (this.#text[this.#at] === '"') return this.#string();
    const quoted = this.#take(/'[^']*'/y);
    if (quoted !== undefined) return quoted.slice(1, -1);
    const word = this.#take(/true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
    if (word === undefined) throw this.#fault('a number, a string in quotes, true, false or null');
    if (/^-?\d+$/.test(word)) return integer(word);
    return word in constants ? constants[word as keyof typeof constants] : Number(word);
  }

  #string(): string {
    const start = this.#at;
    const quoted = this.#take(/"(?:[^"\\]|\\.)*"/sy);
    try {
      return JSON.parse(quoted ?? '');
    } catch {
      this.#at = start;
      throw this.#fault('a string in double quotes, with the escapes of JSON');
    }
  }

  /** Takes what a sticky pattern matches here. */
  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [taken] = pattern.exec(this.#text) ?? [];
    this.#at += taken?.length ?? 0;
    return taken;
  }

  #fault(expected: string): UsageError {
    return new UsageError(`--where: expected ${expected} at character ${this.#at + 1}`);
  }
}

/** A safe integer as a number, a larger one as a bigint; both compare with each other. */
function integer(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/** The values that a path has in a record: several for text, which may be JSON, and for headers with one name. */
function fieldsAt(
  record: DecodedRecord,
  root: Root,
  path: readonly (string | number)[],
): readonly unknown[] {
  switch (root) {
    case 'value':
      return fieldsIn(record.value, path);
    case 'key':
      return fieldsIn(record.key, path);
    case 'metadata':
      return stepsInto(parseJson(record.metadata), path);
    case 'headers': {
      const [name, ...rest] = path;
      if (name === undefined) return record.headers.map((header) => header.name);
      const headers = record.headers.filter((header) => header.name === name);
      return headers.flatMap(({ value }) => fieldsIn(value, rest));
    }
  }
}

function fieldsIn(bytes: Buffer | null, path: readonly (string | number)[]): readonly unknown[] {
  if (bytes === null) return path.length === 0 ? [null] : [];
  if (!isUtf8(bytes)) return path.length === 0 ? [undefined] : [];
  const text = bytes.toString();
  const fields = stepsInto(parseJson(text), path);
  return path.length === 0 ? [text, ...fields] : fields;
}

function stepsInto(json: unknown, path: readonly (string | number)[]): readonly unknown[] {
  let field = json;
  for (const step of path) {
    if (typeof step === 'number') field = Array.isArray(field) ? field[step] : undefined;
    else field = isObject(field) && Object.hasOwn(field, step) ? field[step] : undefined;
  }
  return field === undefined ? [] : [field];
}

/** Parses JSON with all digits of its integers; undefined for other text. */
function parseJson(text: string): unknown {
  try {
    // Keeping the digits takes several times as long.
    if (!/\d{16}/.test(text)) return JSON.parse(text);
    return JSON.parse(text, ((_: string, value: unknown, context?: { source?: string }) =>
      typeof value === 'number' && /^-?\d+$/.test(context?.source ?? '')
        ? integer(context?.source ?? '')
        : value) as (this: unknown, key: string, value: unknown) => unknown);
  } catch {
    return undefined;
  }
}

function compare(field: unknown, operator: Operator, literal: Scalar): boolean {
  if (literal === null) return (field === null) === (operator === '=');
  if (kindOf(field) !== kindOf(literal)) return false;
  const [a, b] = [field as string | number, literal as string | number];
  switch (operator) {
    case '=':
      // biome-ignore lint/suspicious/noDoubleEquals: a number and a bigint may be equal
      return a == b;
    case '!=':
      // biome-ignore lint/suspicious/noDoubleEquals: a number and a bigint may be equal
      return a != b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    default:
      return a >= b;
  }
}

function kindOf(value: unknown): string {
  return typeof value === 'bigint' ? 'number' : typeof value;
}
