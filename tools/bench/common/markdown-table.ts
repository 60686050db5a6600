/** A numeric cell, such as `$1.20`, `17 %` or `0.7 (0.5–0.9), 3 %`, or an empty one. */
const NUMBER_OR_NOTHING = /^([$-]?\d[\d.,]*( \d+ %| %| \(.*|: .*)?)?$/;

/** A Markdown table. Numeric columns, with or without empty cells, are aligned to the right. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const escaped = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const isNumber = head.map((_, column) =>
    escaped.every((row) => NUMBER_OR_NOTHING.test(row[column] ?? '')),
  );
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...escaped.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) => {
    const padded = widths.map((width, column) => {
      const cell = cells[column] ?? '';
      return isNumber[column] ? cell.padStart(width) : cell.padEnd(width);
    });
    return `| ${padded.join(' | ')} |`;
  };
  const rule = widths.map((width, column) =>
    isNumber[column] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  return [line(head), `| ${rule.join(' | ')} |`, ...escaped.map(line)].join('\n');
}
