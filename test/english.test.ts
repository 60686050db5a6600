import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** Phrases that read as if translated, and what to write instead. */
const refusals: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [
    /(?:^|[.;!?] |\/\*\* |\b(?:of|to|for|from|by|than|as|but|only|that) )[Ww]ho (?:asks?|calls?|can|cannot|comes|deploys?|had|has|is|may|needs?|reads?|runs?|was|wants?)\b/g,
    'name the subject: the caller, the operator, principals that …',
  ],
  [
    /\b[Ww]hat (?:another|comes?|came|fails?|has been|had been)\b/g,
    'name the subject: the batch that fails, the records that remain',
  ],
  [
    /[.;] What (?:asks|calls|cannot|has|is|may|was)\b[^.?|]{0,120}(?=[.])/g,
    'name the subject: rejected records are …',
  ],
  [/\bc[ao]m(?:e|es|ing) again\b/g, 'is redelivered, is retried, recurs'],
  [/\bcom(?:e|es|ing) back (?:by|later)\b/g, 'is replayed automatically, is retried later'],
  [
    /\b(?:is|are|was|were|be) (?:not |still |already )?there\b(?! (?:an?|any|no|is|are)\b)/g,
    'exists, does not exist, is present',
  ],
  [
    /\bthat there (?:is|are|was|were)\b(?! (?:an?|at|no|none|nothing)\b)/g,
    'an existing …, a known …',
  ],
  [/\b(?:one|someone|somebody)['’]s own\b/g, 'your own, a custom, a separate'],
  [/\bfor so (?:long|many)\b/g, 'for that long, for N seconds'],
  [/\bso many\b(?!.{0,40} that\b)/g, 'that many, the given number of'],
  [/\bby (?:itself|themselves)\b/g, 'automatically, alone'],
  [/(?<!\bnot .{0,40})\bbut for\b/gi, 'except for'],
  [/\b(?:told|tells?) of\b/g, 'is notified of, reports, says'],
  [/\bnothing is said\b/g, 'is not documented, is not reported'],
  [/\b(?:to|can|cannot|may) be had\b/g, 'is available, is unavailable'],
  [
    /\btells(?= (?:when|that|which|how|what|why)\b|[.,;:)])/g,
    'says, shows, reports ("tell" needs an object)',
  ],
  [/\b(?:is|are|was|were|be|has|have) gone\b/g, 'is deleted, has ended, is missing'],
  [
    /\b[Nn]obody (?:can|deletes?|else|is told|knows|may|overwrites?|reads?|waits?)\b/g,
    'no one is allowed to …, no principal can …',
  ],
  [/\btells? too\b/g, 'is also in ALARM, also says'],
  [/\bin vain\b/g, 'without success'],
  [/\bmend(?:s|ed|ing)?\b/gi, 'fix'],
  [/\bof no (?:use|effect)\b/g, 'useless, has no effect'],
  [/\bgo(?:es)? on (?:at|from|with|where)\b/g, 'continues, resumes'],
];

/** A text as one line, so that a phrase is found across line breaks, and the line of any place in it. */
function unwrapped(text: string): { readonly flat: string; lineAt(index: number): number } {
  const starts: number[] = [];
  let flat = '';
  for (const line of text.split('\n')) {
    // A comment goes on after its asterisk, a string that is put together after its quote.
    const isContinued = /['"`] \+ ?$/.test(flat);
    if (isContinued) flat = flat.replace(/['"`] \+ ?$/, '');
    starts.push(flat.length);
    const begin = isContinued ? /^\s*['"`]/ : /^\s*(?:\*(?!\*)|\/\/|>)?\s*/;
    flat += `${line.replace(begin, '')}${line.endsWith(' +') ? '' : ' '}`;
  }
  return { flat, lineAt: (index) => starts.filter((start) => start <= index).length };
}

/** `line: "phrase"; write: …` for every refused phrase in a text. */
function refusedIn(text: string): string[] {
  const { flat, lineAt } = unwrapped(text);
  return refusals.flatMap(([pattern, instead]) =>
    [...flat.matchAll(pattern)].map(
      ({ 0: found, index }) => `${lineAt(index)}: "${found}"; write: ${instead}`,
    ),
  );
}

/** `file:line: "phrase"; write: …` for every refused phrase in files. */
function refusedInFiles(files: readonly string[]): string[] {
  return files.flatMap((file) =>
    refusedIn(readFileSync(join(root, file), 'utf8')).map((each) => `${file}:${each}`),
  );
}

const options = {
  cwd: root,
  exclude: (file: string) => /node_modules|cdk\.out|^tools\/\w+\/test\b/.test(file),
};
const pages = globSync('{*.md,docs/**/*.md,tools/*/*.md,examples/**/*.md}', options);
const sources = globSync('{bin,cli,examples,kafka,lambda,lib,tools}/**/*.{ts,mjs}', options);

describe('the English that users and maintainers read', () => {
  it('has none of the refused phrases in the documentation', () => {
    expect(pages.length).toBeGreaterThan(15);
    expect(refusedInFiles(pages)).toEqual([]);
  });

  it('has none of them in settings, errors, help, alarms, notifications and comments', () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(refusedInFiles(sources)).toEqual([]);
  });

  it.each([
    [1, 'Creates topics. Who calls tries again.'],
    [2, 'The pause grows. What another try may get past comes again, later each time.'],
    [1, 'Names a setting of an environment that is there.'],
    [1, '/**\n * The alarm that is\n * there already.\n */'],
    [1, 'So that who was woken knows when it is over.'],
    [1, 'Where function-errors or throttled tell too, that is the cause.'],
    [2, 'Days in which nobody deletes an object, but for administrators.'],
    [1, "throw new Error(\n  'The batch comes ' +\n    'again.',\n);"],
    [0, 'Is there a topic? There is no need to retry, and so many failed that the queue grew.'],
    [0, 'Not for batches but for records. The table shows who can read it and what is kept.'],
  ])('finds %i in %j', (count, text) => {
    expect(refusedIn(text)).toHaveLength(count);
  });
});
