/** What a command is called with: names such as `stack`, and what earlier commands returned. */
export type Values = Readonly<Record<string, string>>;

/** A command line of a step. `{name}` in an argument stands for a value. */
export interface Command {
  /** `kafka` and `empty-bucket` are parts of this tool, `archive` is the operator's command line. */
  readonly program: 'aws' | 'cdk' | 'archive' | 'kafka' | 'empty-bucket';
  readonly args: readonly string[];
  /** Runs `aws` with the credentials that `aws sts assume-role` returns for these flags. */
  readonly session?: readonly string[];
}

/** Error code of a program that fails without naming one, as those other than `aws` do. */
export const FAILED = 'Failed';

/** Error code of a command that did not run, since its {@link Command.session} could not be opened. */
export const CANNOT_ASSUME_ROLE = 'CannotAssumeRole';

/** A failure, by the code that AWS or the program gives. */
export interface Failure {
  readonly code: string;
  /** On one line. */
  readonly message: string;
}

/** How a command ended: its output, as JSON if it is JSON; undefined if it printed nothing. */
export type Answer =
  | { readonly ok: true; readonly output?: unknown }
  | ({ readonly ok: false } & Failure);

/** What was seen of a command. */
export interface Seen {
  readonly fact?: unknown;
  readonly failure?: Failure;
  /** Whether the awaited event did not occur within the action's minutes. */
  readonly isLate?: boolean;
}

/** What a step has seen, by the names of its actions. */
export type SeenByName = Readonly<Record<string, Seen>>;

/** One command of a step, and what to make of its output. */
export interface Action {
  readonly name: string;
  readonly command: Command;
  /** Reduces the output to what is kept. @default - with `--query`, the output; otherwise nothing */
  readonly see?: (output: unknown) => unknown;
  /** Takes the values for later commands out of the fact. */
  readonly save?: (fact: unknown, seen: SeenByName) => Values;
  /** Whether the fact consists of names of resources, which the record leaves out. */
  readonly isSecret?: boolean;
  /** Whether a failure is a result, unless it is {@link CANNOT_ASSUME_ROLE}. Any other failure ends the step. */
  readonly mayFail?: boolean;
  /** Error codes that mean that an earlier attempt of this run succeeded. */
  readonly done?: readonly string[];
  /** Repeats the command until this holds. */
  readonly until?: (fact: unknown, seen: SeenByName) => boolean;
  /** How long to wait for {@link until}. @default 15 */
  readonly minutes?: number;
  /** Runs before each look, such as a command that produces a record. */
  readonly again?: Command;
}

/** Something that the run creates, and must remove. Its name may contain `{value}`. */
export interface Thing {
  readonly kind: 'stack' | 'bucket' | 'queue' | 'topic' | 'mappings' | 'role-policy';
  readonly name: string;
}

/** The result of a step. */
export interface Verdict {
  readonly verdict: 'confirmed' | 'refuted' | 'not settled';
  /** Why it is not settled. */
  readonly because?: string;
}

/** One question that only an account can answer. */
export interface Step {
  readonly id: string;
  readonly question: string;
  /** Where this repository assumes the answer: files, with the anchor of a page. */
  readonly settles: readonly string[];
  readonly expected: string;
  /** Values of earlier steps without which this one cannot begin. Commands may need others. */
  readonly needs?: readonly string[];
  /** Registered before the first action, and removed at the end of the run. */
  readonly creates?: readonly Thing[];
  /** The same, but removed at the end of the step, so that the next one starts undisturbed. */
  readonly disturbs?: readonly Thing[];
  readonly actions: readonly Action[];
  /**
   * Whether the expectation holds; undefined if what was seen does not say. Not called after an unexpected failure or a
   * time-out, which settle nothing.
   */
  readonly judge: (seen: SeenByName) => boolean | undefined;
}

/** An `aws` command from words that contain no spaces, and flags whose values may. */
export function aws(words: string, flags: Readonly<Record<string, unknown>> = {}): Command {
  return { program: 'aws', args: [...words.split(' '), ...flagsOf(flags)] };
}

/** The same as the probe's role, with the permissions of these statements alone. */
export function awsAllowed(actions: readonly string[], resource: unknown, words: string): Command {
  const policy = { Version: '2012-10-17', Statement: [allow(actions, resource)] };
  return { ...aws(words), session: sessionOf('--policy', JSON.stringify(policy)) };
}

/** A session of the probe's role that these flags of `aws sts assume-role` limit. */
export function sessionOf(...limits: readonly string[]): readonly string[] {
  return ['--role-arn', '{ProbeRoleArn}', '--role-session-name', 'verify', ...limits];
}

/** Name of the policy with which a step denies what usually is allowed. */
export const OUTAGE_POLICY = 'verify-outage';

/** A statement of a policy. */
export function allow(actions: readonly string[], resource: unknown) {
  return { Effect: 'Allow', Action: actions, Resource: resource };
}

/** A command of another program, from words that contain no spaces. */
export function run(
  program: Exclude<Command['program'], 'aws'>,
  words: string,
  ...more: readonly string[]
): Command {
  return { program, args: [...words.split(' '), ...more] };
}

/** An action that asks `aws` for a part of its answer, which is kept as the fact. */
export function ask(
  name: string,
  words: string,
  query: string,
  more: Partial<Action> = {},
): Action {
  return { name, command: aws(words, { query }), ...more };
}

/** The code of a failure that was seen; undefined if the command succeeded. */
export function codeOf(seen: SeenByName, name: string): string | undefined {
  return seen[name]?.failure?.code;
}

/** A fact that is a list; empty if the query found nothing. */
export function listOf(fact: unknown): readonly string[] {
  return Array.isArray(fact) ? fact : [];
}

function flagsOf(flags: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(flags).flatMap(([name, value]) => [
    `--${name}`,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
}

/** Thrown by {@link fill}: an earlier step did not provide a value. */
export class MissingValue extends Error {
  override readonly name = 'MissingValue';
}

/**
 * Puts values in place of `{name}`.
 *
 * @throws {MissingValue} if a value is unknown
 */
export function fill(text: string, values: Values): string {
  return text.replaceAll(PLACEHOLDER, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new MissingValue(`'${name}' is unknown`);
    return value;
  });
}

/** The braces of JSON are never followed by a name alone. */
const PLACEHOLDER = /\{(\w+)\}/g;

/** {@link fill} for the known values alone. */
export function fillKnown(text: string, values: Values): string {
  return text.replaceAll(PLACEHOLDER, (placeholder, name: string) => values[name] ?? placeholder);
}

/** {@link fill} for each part of a command. */
export function fillCommand({ args, program, session }: Command, values: Values): Command {
  const fillAll = (texts: readonly string[]) => texts.map((text) => fill(text, values));
  return { program, args: fillAll(args), ...(session && { session: fillAll(session) }) };
}

/** A command as one types it into a shell. */
export function commandLine({ args, program, session }: Command): string {
  const prefix = program === 'aws' ? 'aws' : (WRITTEN[program] ?? program);
  const line = [prefix, ...args.map(quote)].join(' ');
  if (session === undefined) return line;
  return `${line}    # with credentials of: aws sts assume-role ${session.map(quote).join(' ')}`;
}

const WRITTEN: Partial<Record<Command['program'], string>> = {
  cdk: 'npx cdk',
  archive: 'npm run archive --',
};

function quote(text: string): string {
  return /^[\w@%+=:,./{}-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
