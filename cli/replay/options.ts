import type { SettingRange } from '../../lambda/contract.ts';
import { isTime } from '../../lambda/core/failed-batch/replay-command.ts';
import type { Selection } from '../../lambda/core/failed-batch/select-failed-batches.ts';
import { flag, httpUrl, invalid, readWordsAndFlags, text, wholeNumber } from '../flags.ts';
import type { AwsOptions } from './clients.ts';
import { flagOf, type GivenTargets, neededTargets, type Target } from './targets.ts';

/** What every command of the replay's command line is told. */
export interface CommonOptions {
  readonly targets: GivenTargets;
  readonly aws: AwsOptions;
  /** Whether a program reads what is printed. */
  readonly json: boolean;
  /** Whether what changes anything is done without asking. */
  readonly yes: boolean;
}

/** What `status` was asked for. */
export interface StatusOptions {
  readonly command: 'status';
  /** Whether failed batches that are replayed are listed too. */
  readonly all: boolean;
}

/** What `redrive` was asked for. */
export interface RedriveOptions {
  readonly command: 'redrive';
  /** Messages. @default - as SQS sees fit */
  readonly maxPerSecond: number | undefined;
}

/** What `run` was asked for. */
export interface RunOptions {
  readonly command: 'run';
  readonly selection: Selection;
  /** Whether only to list. */
  readonly dryRun: boolean;
}

/** What `show` was asked for. */
export interface ShowOptions {
  readonly command: 'show';
  readonly key: string;
  /** Whether its records are wanted, in place of all else. */
  readonly records: boolean;
}

/** What `dismiss` was asked for. */
export interface DismissOptions {
  readonly command: 'dismiss';
  readonly key: string;
}

/** What one of the commands was asked for. */
type OwnOptions = StatusOptions | RedriveOptions | RunOptions | ShowOptions | DismissOptions;

/** What the replay's command line was asked for. */
export type ReplayOptions = CommonOptions & OwnOptions;

/** The stack that is asked where nothing says another. */
const DEFAULT_STACK = 'KafkaArchive';

const ranges = {
  /** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html */
  'max-per-second': { min: 1, max: 500, default: 500 },
} as const satisfies Record<string, SettingRange>;

const flags = {
  ...{ all: flag, 'max-per-second': text, records: flag },
  ...{ prefix: text, since: text, until: text, topic: text, 'dry-run': flag, force: flag },
  ...{ stack: text, bucket: text, queue: text, 'dead-letter-queue': text },
  ...{ region: text, profile: text, 's3-endpoint': text, 'sqs-endpoint': text },
  ...{ json: flag, yes: flag, help: flag },
} as const;

/** Flags that one command alone has. */
const ownFlags = {
  status: ['all'],
  redrive: ['max-per-second'],
  run: ['prefix', 'since', 'until', 'topic', 'dry-run', 'force'],
  show: ['records'],
  dismiss: [],
} as const satisfies Record<ReplayOptions['command'], readonly (keyof typeof flags)[]>;

type Command = keyof typeof ownFlags;
const commands = Object.keys(ownFlags) as Command[];
const commandList = `${commands.slice(0, -1).join(', ')} or ${commands.at(-1)}`;

type Values = ReturnType<typeof readWordsAndFlags<typeof flags>>['values'];

/**
 * Reads the replay's command line; `help` when that is what it asks for.
 *
 * @param now epoch milliseconds
 * @throws {ArchiverError} `INVALID_SETTINGS`
 */
export function parseReplayOptions(args: readonly string[], now: number): ReplayOptions | 'help' {
  const { values, words } = readWordsAndFlags(args, flags);
  const [name, ...rest] = words;
  if (values.help || name === 'help') return 'help';
  if (name === undefined) throw invalid(`give a command: ${commandList}`);
  const command = commands.find((each) => each === name);
  if (command === undefined) {
    throw invalid(`there is no command '${name}': give ${commandList}`);
  }
  refuseForeignFlags(command, values);
  const takesKey = command === 'show' || command === 'dismiss';
  if (!takesKey && rest.length > 0) throw invalid(`${command} takes no '${rest[0]}'`);
  const common = {
    targets: readTargets(values['dry-run'] ? 'run --dry-run' : command, values),
    aws: readAws(values),
    json: values.json,
    yes: values.yes,
  };
  return { ...common, ...readOwn(command, values, { keys: rest, now }) };
}

function readOwn(
  command: Command,
  values: Values,
  { keys, now }: { readonly keys: readonly string[]; readonly now: number },
): OwnOptions {
  switch (command) {
    case 'status':
      return { command, all: values.all };
    case 'redrive': {
      const given = values['max-per-second'];
      const maxPerSecond =
        given === undefined ? undefined : wholeNumber(ranges, 'max-per-second', given);
      return { command, maxPerSecond };
    }
    case 'run':
      return { command, selection: readSelection(values, now), dryRun: values['dry-run'] };
    case 'show':
      return { command, key: oneKey(command, keys), records: values.records };
    case 'dismiss':
      return { command, key: oneKey(command, keys) };
  }
}

function oneKey(command: Command, [key, ...others]: readonly string[]): string {
  if (key !== undefined && key !== '' && others.length === 0) return key;
  const got = key === undefined ? 0 : 1 + others.length;
  throw invalid(`${command} takes one key, as status lists them, got ${got}`);
}

function refuseForeignFlags(command: Command, values: Values): void {
  for (const owner of commands.filter((each) => each !== command)) {
    const given = ownFlags[owner].find(
      (name) => values[name] !== undefined && values[name] !== false,
    );
    if (given !== undefined) throw invalid(`--${given} is for ${owner}, not for ${command}`);
  }
}

function readSelection({ force, prefix, since, topic, until }: Values, now: number): Selection {
  const times = { since: readTime('since', since, now), until: readTime('until', until, now) };
  if (times.since !== undefined && times.until !== undefined && times.since >= times.until) {
    throw invalid(`--since must be before --until, got '${since}' and '${until}'`);
  }
  if (topic === '') throw invalid("--topic must be the name of a topic, got ''");
  return { prefix: prefix ?? '', ...times, topic, force };
}

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Epoch milliseconds. */
function readTime(name: string, given: string | undefined, now: number): number | undefined {
  if (given === undefined) return undefined;
  if (isTime(given)) return Date.parse(given);
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(given) ?? [];
  if (unit !== undefined) return now - Number(amount) * units[unit as keyof typeof units];
  throw invalid(
    `--${name} must be a time such as 2026-11-24T09:00:00Z, or so long ago, such as 30m, 2h or 7d, got '${given}'`,
  );
}

function readTargets(needing: keyof typeof neededTargets, values: Values): GivenTargets {
  const { bucket, stack } = values;
  const names = { bucket, queue: values.queue, deadLetterQueue: values['dead-letter-queue'] };
  for (const each of ['queue', 'deadLetterQueue'] as const) {
    httpUrl(flagOf[each], names[each], 'the URL of a queue');
  }
  if (bucket === '') throw invalid("--bucket must be the name of a bucket, got ''");
  if (stack === '') throw invalid("--stack must be the name of a stack, got ''");
  const isAnyGiven = Object.values(names).some((name) => name !== undefined);
  // Not half from the default stack: its queue has no use for entries of another bucket.
  if (stack === undefined && isAnyGiven) refuseMissing(needing, names);
  return { ...names, stack: stack ?? (isAnyGiven ? undefined : DEFAULT_STACK) };
}

function refuseMissing(
  needing: keyof typeof neededTargets,
  names: Readonly<Record<Target, string | undefined>>,
): void {
  const needed: readonly Target[] = neededTargets[needing];
  const missing = needed.filter((each) => names[each] === undefined);
  if (missing.length === 0) return;
  const asked = missing.map((each) => `--${flagOf[each]}`).join(' and ');
  throw invalid(`${needing} needs ${asked} too, or --stack`);
}

function readAws(values: Values): AwsOptions {
  const { profile, region } = values;
  if (profile === '') throw invalid("--profile must be the name of a profile, got ''");
  if (region === '') throw invalid("--region must be the name of a region, got ''");
  return {
    ...{ profile, region },
    s3Endpoint: httpUrl('s3-endpoint', values['s3-endpoint']),
    sqsEndpoint: httpUrl('sqs-endpoint', values['sqs-endpoint']),
  };
}
