import type { State } from './state.ts';
import { commandLine, type Seen, type Step } from './step.ts';

/** What looks like an id, and what the record has in its place. The order matters. */
const IDS: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\barn:[\w-]+:(?:iam|sts)::[^\s"']+/g, '<principal>'],
  [/\b[\w.-]+\.kafka(?:-serverless)?\.[\w-]+\.amazonaws\.com(?:\.cn)?(?::\d+)?/g, '<broker>'],
  [/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:-s?\d+)?/gi, '<uuid>'],
  [/\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}/g, '<key>'],
  [/\b(?:vpc|vpce|subnet|sg|eni|rtb|igw)-[0-9a-f]{8,17}\b/g, '<network id>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}\b/g, '<address>'],
  [/\b(?:Request ?Id|(?:Extended )?Host ?Id): ?[\w+/=-]+/gi, '<request>'],
  [/\b\d{12}\b/g, '<account>'],
];

/** Removes every id of the account from a text, both those that the run knows and any that look like one. */
export function redact(text: string, { secrets, target, values }: State): string {
  const { cluster, stack } = target;
  const [, clusterName = ''] = cluster.split('/');
  // The longer first, since one may contain another.
  const known = [
    [cluster, '<cluster>'] as const,
    ...secrets.map((name) => [values[name] ?? '', `<${name}>`] as const),
  ].sort(([a], [b]) => b.length - a.length);
  let redacted = text;
  for (const [value, instead] of known) {
    // A shorter value is no id, and would be found in words.
    if (value.length > 3) redacted = redacted.replaceAll(value, instead);
  }
  // As CloudFormation names resources: stack, logical id with its hash, and letters by chance.
  const generated = new RegExp(`\\b${stack}-[\\w-]*?[0-9A-F]{8}-[\\w-]+`, 'gi');
  redacted = redacted.replaceAll(generated, '<resource>');
  for (const [pattern, instead] of IDS) redacted = redacted.replaceAll(pattern, instead);
  return clusterName.length > 3 ? redacted.replaceAll(clusterName, '<cluster name>') : redacted;
}

/** Name of the file of a record, without its ending. */
export function recordName({ startedAt, target }: State): string {
  return `${startedAt.slice(0, 10)}-${target.region}`;
}

/** The record as a page: a verdict for each step, and what it saw. */
export function renderRecord(state: State, steps: readonly Step[]): string {
  const { revision, startedAt, target } = state;
  const verdictOf = ({ id }: Step) => state.steps[id]?.verdict?.verdict ?? 'not run';
  const lines = [
    `# Verified in ${target.region} on ${startedAt.slice(0, 10)}`,
    '',
    `Written by \`npm run verify:account\` at commit ${revision}. Ids are replaced by names in angle brackets.`,
    '',
    '| Step | Question | Verdict |',
    '|---|---|---|',
    ...steps.map((step) => `| ${step.id} | ${cell(step.question)} | ${verdictOf(step)} |`),
    ...steps.flatMap((step) => {
      const done = state.steps[step.id];
      if (done?.verdict === undefined) return [];
      const { seen, verdict } = done;
      return [
        ...['', `## ${step.id}`, '', step.question, ''],
        `- Settles: ${step.settles.map((each) => `\`${each}\``).join(', ')}`,
        `- Expected: ${step.expected}`,
        `- **${verdict.verdict}**${verdict.because === undefined ? '' : `: ${oneLine(verdict.because)}`}`,
        ...['', '```'],
        ...step.actions.flatMap(({ again, command, name }) =>
          seen[name] === undefined
            ? []
            : [
                ...(again === undefined ? [] : [`$ ${commandLine(again)}`]),
                `$ ${commandLine(command)}`,
                ...sawLines(seen[name]),
              ],
        ),
        '```',
      ];
    }),
  ];
  return `${redact(lines.join('\n'), state)}\n`;
}

function sawLines({ fact, failure, isLate }: Seen): string[] {
  return [
    ...(fact === undefined ? [] : [JSON.stringify(fact)]),
    ...(failure === undefined ? [] : [oneLine(`${failure.code}: ${failure.message}`)]),
    ...(isLate ? ['(the awaited result did not come in time)'] : []),
  ];
}

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').replaceAll('```', "'''");
const cell = (text: string) => oneLine(text).replaceAll('|', '\\|');
