import type { Buffer } from 'node:buffer';

/** What an {@link Enrich} function receives: a record without its value. */
export interface RecordToEnrich {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Epoch milliseconds; null if the record has none. */
  readonly timestamp: number | null;
  readonly key: Buffer | null;
  /** In the record's order; names may repeat. */
  readonly headers: readonly { readonly name: string; readonly value: Buffer | null }[];
}

/** Fields of a record line's `metadata`. */
export type MetadataFields = Readonly<Record<string, string | number | boolean | null>>;

/**
 * Computes additional metadata for a record. It must be deterministic: if the same record gave different
 * fields in another try, a retried batch would not find itself already stored.
 */
export type Enrich = (record: RecordToEnrich) => MetadataFields;

/** Adds no metadata. It is recognised by identity and never called. */
export const noEnrichment: Enrich = () => ({});

/** The fields that `enrich` computed or, if they cannot be metadata, what is wrong. */
type Computed =
  | { readonly fields: MetadataFields; readonly fault?: undefined }
  | { readonly fields?: undefined; readonly fault: string };

/** Names that computed fields cannot have. */
export interface TakenNames {
  /** Of the fields that every line has: to return one is a fault. */
  readonly set: ReadonlySet<string>;
  /** Names that are reserved or set, in small letters. */
  readonly reserved: ReadonlySet<string>;
}

/**
 * Computes the fields of a record, and checks them. A fault quotes nothing that `enrich` threw or returned, which
 * may be made of a key or a header. Whatever it does before it returns, this does not throw.
 *
 * Readers fail at names that differ only in case, and at unpaired surrogates. The latter become U+FFFD. A name that is
 * reserved, or differs from another one only in case, gets a number: `Source` becomes `Source_2`. It is no fault, because
 * an `enrich` that has always returned it would then fail every batch.
 */
export function computeFields(
  enrich: Enrich,
  record: RecordToEnrich,
  { reserved, set }: TakenNames,
): Computed {
  try {
    const returned: unknown = enrich(record);
    if (!isPlainObject(returned)) {
      ignoreRejection(returned);
      return { fault: 'it did not return a plain object' };
    }
    // Read once, since a getter may return something else the next time.
    const entries = Object.entries(returned);
    const others = entries.filter(([, value]) => !isScalar(value));
    for (const [, value] of others) ignoreRejection(value);
    const [name] = entries.find(([each]) => set.has(each)) ?? [];
    if (name !== undefined) return { fault: `it returned '${name}', which is already set` };
    if (others.length > 0) {
      return { fault: 'it returned a field that is not text, a number or a boolean' };
    }
    const used = new Set(reserved);
    const fields = entries.map(
      ([each, value]) => [unusedName(each.toWellFormed(), used), wellFormed(value)] as const,
    );
    return { fields: Object.fromEntries(fields) as MetadataFields };
  } catch (error) {
    return { fault: `it threw '${nameOf(error)}'` };
  }
}

/** Returns the name, with the lowest number that makes it another than those used, and adds it to them. */
function unusedName(name: string, used: Set<string>): string {
  let unused = name;
  for (let number = 2; used.has(unused.toLowerCase()); number += 1) unused = `${name}_${number}`;
  used.add(unused.toLowerCase());
  return unused;
}

function wellFormed(field: unknown): unknown {
  return typeof field === 'string' ? field.toWellFormed() : field;
}

/** An asynchronous `enrich` is a fault already: its rejection must not end the process, which prints the error. */
function ignoreRejection(value: unknown): void {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  for (const each of values) Promise.resolve(each).catch(() => undefined);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

function isScalar(value: unknown): boolean {
  return (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'boolean' ||
    Number.isFinite(value)
  );
}

/** The names that JavaScript itself gives to errors. Any other may be made of a key. */
const errorNames = [
  'Error',
  'AggregateError',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
];

function nameOf(error: unknown): string {
  try {
    if (!(error instanceof Error)) return typeof error;
    const { name } = error;
    return errorNames.find((known) => known === name) ?? 'Error';
  } catch {
    return 'Error';
  }
}
