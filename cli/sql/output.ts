import type { DuckDBResult, Json } from '@duckdb/node-api';
import { formatCount } from '../counts.ts';
import { csvField } from '../csv.ts';
import type { Machine } from '../machine.ts';
import { tableLines } from '../table.ts';

/** Forms of an answer. JSON is one document, JSONL a document for each row. */
export const outputFormats = ['table', 'csv', 'jsonl', 'json'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** Rows of a table; more of them do not fit into memory, or on a screen. */
const MOST_ROWS = 1_000;
/** Characters of a table's cell. */
const MOST_CHARACTERS = 80;

/** Numbers that DuckDB's client returns as text, since JavaScript's are not exact. */
const EXACT_NUMBER = /^(?:U?BIGINT|U?HUGEINT|DECIMAL)/;

/**
 * Writes the rows of a result as they arrive; as a table only the first 1,000, at the end. Numbers are
 * exact in every form.
 *
 * @throws the reason of the signal once it aborts
 */
export async function writeResult(
  result: DuckDBResult,
  format: OutputFormat,
  { print, stop }: Pick<Machine, 'print' | 'stop'>,
): Promise<void> {
  const names = result.deduplicatedColumnNames();
  const types = result.columnTypes().map((type) => type.toString());
  await writers[format]({ names, types, chunks: chunksOf(result, stop), print });
}

/** An interrupted result ends like a whole one. */
async function* chunksOf(result: DuckDBResult, stop: AbortSignal): AsyncGenerator<Json[][]> {
  for await (const chunk of result.yieldRowsJson()) {
    stop.throwIfAborted();
    yield chunk;
  }
  stop.throwIfAborted();
}

/** A result to write. */
interface Writing {
  readonly names: readonly string[];
  readonly types: readonly string[];
  readonly chunks: AsyncIterable<readonly (readonly Json[])[]>;
  readonly print: (text: string) => void;
}

const writers: Readonly<Record<OutputFormat, (writing: Writing) => Promise<void>>> = {
  async table({ chunks, names, print }) {
    const rows: string[][] = [];
    let count = 0;
    for await (const chunk of chunks) {
      for (const row of chunk.slice(0, Math.max(0, MOST_ROWS - count))) {
        rows.push(row.map((value) => shortened(value === null ? 'NULL' : textOf(value))));
      }
      count += chunk.length;
    }
    for (const line of tableLines([names, ...rows])) print(line);
    const more = count - rows.length;
    if (more === 0) return;
    const others = outputFormats.filter((each) => each !== 'table').join(', ');
    print(`… and ${formatCount(more)} more rows: --format ${others} print all`);
  },

  async csv({ chunks, names, print }) {
    print(names.map(csvCell).join());
    for await (const rows of chunks) {
      if (rows.length === 0) continue;
      print(rows.map((row) => row.map(csvCell).join()).join('\n'));
    }
  },

  async jsonl(writing) {
    for await (const rows of documents(writing)) writing.print(rows.join('\n'));
  },

  async json(writing) {
    let before = '[';
    for await (const rows of documents(writing)) {
      writing.print(`${before}${rows.join(',\n')}`);
      before = ',';
    }
    writing.print(before === '[' ? '[]' : ']');
  },
};

/** The rows of each chunk that has some, as JSON. */
async function* documents({ chunks, names, types }: Writing): AsyncGenerator<readonly string[]> {
  const columns = names.map((name, column) => ({
    name: JSON.stringify(name),
    isNumber: EXACT_NUMBER.test(types[column] ?? ''),
  }));
  for await (const rows of chunks) {
    if (rows.length === 0) continue;
    yield rows.map((row) => {
      const fields = columns.map(({ isNumber, name }, column) => {
        const value = row[column] ?? null;
        return `${name}:${isNumber && typeof value === 'string' ? value : JSON.stringify(value)}`;
      });
      return `{${fields.join()}}`;
    });
  }
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function shortened(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1)}…` : text;
}

/** A field of CSV: nothing for NULL, and quotes around the empty text. */
function csvCell(value: Json): string {
  if (value === null) return '';
  const text = textOf(value);
  return text === '' ? '""' : csvField(text);
}
