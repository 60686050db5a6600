import type { ConformanceCase, Evidence } from './case.ts';

const marks = ['<!-- behaviours -->\n', '<!-- /behaviours -->'] as const;

/** Inserts the table of behaviours between the markers of a page; rejects a page without markers. */
export function withTable(page: string, cases: readonly ConformanceCase[]): string {
  const [before, rest] = cut(page, marks[0]);
  const [, after] = cut(rest, marks[1]);
  return [before, marks[0], '\n', table(cases), '\n', marks[1], after].join('');
}

function cut(text: string, mark: string): readonly [before: string, after: string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`the page has no ${mark.trim()}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

function table(cases: readonly ConformanceCase[]): string {
  const rows = cases.map(
    ({ id, behaviour, evidence }) => `| ${id} | ${behaviour} | ${describe(evidence)} |\n`,
  );
  return ['| Case | Behaviour | Evidence |\n', '|---|---|---|\n', ...rows].join('');
}

function describe(evidence: Evidence): string {
  if (evidence.kind === 'documented') return `documented, DG: ${evidence.page}`;
  if (evidence.kind === 'assumed') return `assumed: ${evidence.why}`;
  return `setting \`${evidence.name}\`, default \`${evidence.default}\`: ${evidence.why}`;
}
