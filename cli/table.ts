import { formatCounted } from './counts.ts';

/**
 * Puts text on one line, without characters that a terminal would act on or that would hide or reorder its neighbours:
 * control and format characters, such as U+202E, separators of lines and paragraphs, and lone surrogates.
 */
export function toLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ');
}

/** Lines of a table with aligned columns. */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map(toLine));
  const widths: number[] = [];
  for (const row of cells) {
    for (const [column, { length }] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, length);
    }
  }
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

const steps = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/** Formats an age in the largest unit of which there are at least two: `90s`, `47h`, `2d`. */
export function formatAge(milliseconds: number): string {
  const [unit, size] = steps.find(([, each]) => milliseconds >= 2 * each) ?? ['s', 1_000];
  // A time just past may be ahead of this machine's clock.
  return `${Math.max(0, Math.floor(milliseconds / size))}${unit}`;
}

/** `1 failed batch`, `1,500 failed batches` */
export function formatBatches(count: number): string {
  return formatCounted(count, 'failed batch', 'failed batches');
}

/** `1 dead letter`, `1,500 dead letters` */
export function formatLetters(count: number): string {
  return formatCounted(count, 'dead letter');
}
