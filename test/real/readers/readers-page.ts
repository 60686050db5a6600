import { Buffer } from 'node:buffer';
import { awkwardRecords } from './awkward-records.ts';
import type { Answer, Row } from './program.ts';

/** What a reader did with the awkward records, by their names. */
export interface Verdict {
  /** The reader's message, if its query failed. */
  readonly error?: string | undefined;
  /** Records whose value is not the producer's, once it is decoded. */
  readonly altered: readonly string[];
  /** Records that are missing. */
  readonly lost: readonly string[];
  /** Records that make the query fail alone. @default - not known */
  readonly failing?: readonly string[];
}

/**
 * Compares the rows of a reader with the producer's bytes.
 *
 * @param isJson whether the column `value` is JSON text, or the text of a string in it
 */
export function judge(answer: Answer, isJson: boolean): Verdict {
  if (answer.error !== undefined) return { error: answer.error, altered: [], lost: [] };
  const rows = new Map(answer.rows.map((row) => [Number(row.offset ?? Number.NaN), row]));
  const altered: string[] = [];
  const lost: string[] = [];
  for (const [offset, { name, value }] of awkwardRecords.entries()) {
    const row = rows.get(offset);
    if (row === undefined) lost.push(name);
    else if (!isSame(decoded(row, isJson), value)) altered.push(name);
  }
  return { altered, lost };
}

const isSame = (a: Buffer | null, b: Buffer | null): boolean =>
  a === null || b === null ? a === b : a.equals(b);

/** The bytes of a row's value; null for none, also where a reader lost the difference. */
function decoded(row: Row, isJson: boolean): Buffer | null {
  const { value, value_encoding: encoding, value_line_break: lineBreak } = row;
  if (typeof value !== 'string' || encoding === 'null') return null;
  if (encoding === 'json') {
    const text = lineBreak ? value.replaceAll('\t', lineBreak === 'lf' ? '\n' : '\r\n') : value;
    return Buffer.from(text);
  }
  return Buffer.from(isJson ? JSON.parse(value) : value, encoding === 'base64' ? 'base64' : 'utf8');
}

const [BEGIN, END] = ['<!-- begin readers: test/real/readers.test.ts -->', '<!-- end readers -->'];

/**
 * The page with what each reader does.
 *
 * @param verdicts name of the reader, and its verdict on format 1 and 2
 */
export function withReaders(
  page: string,
  verdicts: readonly (readonly [name: string, old: Verdict, now: Verdict])[],
): string {
  const [head = '', rest = ''] = page.split(BEGIN);
  const [, tail] = rest.split(END);
  if (tail === undefined)
    throw new Error('docs/reading-the-archive.md has no part for the readers');
  const lines = [
    `| Reader | Format 2: exact, of ${awkwardRecords.length} | Altered | Format 1 |`,
    '|---|---|---|---|',
    ...verdicts.map(
      ([name, old, now]) =>
        `| ${name} | ${exact(now)} | ${listed(now.altered) || 'none'} | ${oldText(old)} |`,
    ),
  ];
  return `${head}${BEGIN}\n${lines.join('\n')}\n${END}${tail}`;
}

function oldText(verdict: Verdict): string {
  const { error, failing = [], lost } = verdict;
  if (error !== undefined) return `**the query fails**: ${listed(failing)}`;
  const missing = lost.length === 0 ? '' : `; **rows of nulls**: ${listed(lost)}`;
  return `${exact(verdict)} exact${missing}`;
}

const exact = ({ altered, lost }: Verdict): number =>
  awkwardRecords.length - altered.length - lost.length;

/** More names than this say only that the reader writes JSON anew. */
const MAX_NAMES = 20;

const listed = (names: readonly string[]): string =>
  names.length <= MAX_NAMES
    ? names.join('; ')
    : `${names.slice(0, MAX_NAMES / 4).join('; ')} and ${names.length - MAX_NAMES / 4} more`;
