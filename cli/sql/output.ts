import { Buffer } from 'node:buffer';
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
 * Writes the rows of a result as they arrive and as fast as they are read; as a table only the first 1,000, at the end.
 * Numbers are exact in every form.
 *
 * @throws the reason of the signal once it aborts
 */
export async function writeResult(
  result: DuckDBResult,
  format: OutputFormat,
  { progress, stop, write }: Pick<Machine, 'progress' | 'stop' | 'write'>,
): Promise<void> {
  const names = result.deduplicatedColumnNames();
  const types = result.columnTypes().map((type) => type.toString());
  /** An interrupted result ends like a whole one. */
  async function* chunks(): AsyncGenerator<Json[][]> {
    for await (const chunk of result.yieldRowsJson()) {
      stop.throwIfAborted();
      progress('');
      yield chunk;
    }
    stop.throwIfAborted();
    progress('');
  }
  const writeLine = (text: string) => write(Buffer.from(`${text}\n`));
  await writers[format]({ names, types, chunks: chunks(), writeLine });
}

/** A result to write. */
interface Writing {
  readonly names: readonly string[];
  readonly types: readonly string[];
  readonly chunks: AsyncIterable<readonly (readonly Json[])[]>;
  /** Resolves once the reader has room for more. */
  readonly writeLine: (text: string) => Promise<void>;
}

const writers: Readonly<Record<OutputFormat, (writing: Writing) => Promise<void>>> = {
  async table({ chunks, names, writeLine }) {
    const rows: string[][] = [];
    let count = 0;
    for await (const chunk of chunks) {
      for (const row of chunk.slice(0, Math.max(0, MOST_ROWS - count))) {
        rows.push(row.map((value) => shortened(value === null ? 'NULL' : textOf(value))));
      }
      count += chunk.length;
    }
    await writeLine(tableLines([names, ...rows]).join('\n'));
    const more = count - rows.length;
    if (more === 0) return;
    const others = outputFormats.filter((each) => each !== 'table').join(', ');
    await writeLine(`… and ${formatCount(more)} more rows: --format ${others} print all`);
  },

  async csv({ chunks, names, writeLine }) {
    await writeLine(names.map(csvCell).join());
    for await (const rows of chunks) {
      if (rows.length === 0) continue;
      await writeLine(rows.map((row) => row.map(csvCell).join()).join('\n'));
    }
  },

  async jsonl(writing) {
    for await (const rows of documents(writing)) await writing.writeLine(rows.join('\n'));
  },

  async json(writing) {
    let before = '[';
    for await (const rows of documents(writing)) {
      await writing.writeLine(`${before}${rows.join(',\n')}`);
      before = ',';
    }
    await writing.writeLine(before === '[' ? '[]' : ']');
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
