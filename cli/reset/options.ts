import type { KafkaConnection } from '../../kafka/connection.ts';
import type { SettingRange } from '../../lambda/contract.ts';
import { isTime } from '../../lambda/core/failed-batch/replay-command.ts';
import type { AwsAccess } from '../aws-clients.ts';
import { connectionFlags } from '../connection-flags.ts';
import { flag, httpUrl, invalid, readFlags, text, wholeNumber } from '../flags.ts';
import { readAccess, readBrokers } from './access.ts';
import type { CommandAccess } from './commands.ts';
import type { ResetTarget } from './target.ts';

/** Which event source mapping it is; `none` for a group that is read by something else. */
export type GivenMapping =
  | { readonly by: 'none' }
  | { readonly by: 'uuid' | 'function' | 'stack'; readonly name: string };

/** What the reset is told, whatever it is to do. */
export interface CommonResetOptions {
  readonly topic: string;
  readonly target: ResetTarget;
  readonly mapping: GivenMapping;
  /** @default - the mapping's */
  readonly group: string | undefined;
  readonly aws: ResetAws;
}

/** Which AWS, and who to be there. */
export interface ResetAws extends AwsAccess {
  /** Of a server of one's own. @default - that of AWS */
  readonly lambdaEndpoint: string | undefined;
}

/** A reset, or with `dryRun` what it would do. */
export interface MoveOptions extends CommonResetOptions {
  readonly action: 'reset';
  readonly connection: KafkaConnection;
  readonly dryRun: boolean;
  /** Whether records may be skipped, which are then not archived. */
  readonly allowSkip: boolean;
  /** Whether the mapping is enabled in the end where it was not in the beginning. */
  readonly enable: boolean;
  /** Whether a program reads what is printed. */
  readonly json: boolean;
  /** Whether it is done without asking. */
  readonly yes: boolean;
}

/** The commands by which to do it without this program. */
export interface PrintOptions extends CommonResetOptions {
  readonly action: 'print commands';
  readonly access: CommandAccess;
}

/** What the reset's command line was asked for. */
export type ResetOptions = MoveOptions | PrintOptions;

/** The stack that is asked where nothing says another. */
const DEFAULT_STACK = 'KafkaArchive';

const ranges = {
  /** As the setting `hoursBack`. */
  'hours-back': { min: 1, max: 87_600, default: 1 },
} as const satisfies Record<string, SettingRange>;

const flags = {
  ...{ topic: text, 'hours-back': text, to: text, 'to-earliest': flag, 'to-latest': flag },
  ...{ stack: text, function: text, mapping: text, 'no-mapping': flag, group: text },
  ...connectionFlags,
  ...{ 'allow-skip': flag, enable: flag, 'dry-run': flag, 'print-commands': flag },
  ...{ region: text, profile: text, 'lambda-endpoint': text },
  ...{ json: flag, yes: flag, help: flag },
} as const;

type Values = ReturnType<typeof readFlags<typeof flags>>;
type Name = keyof typeof flags;

/**
 * Reads the reset's command line; `help` when that is what it asks for.
 *
 * @param now epoch milliseconds
 * @throws {ArchiverError} `INVALID_SETTINGS`
 */
export function parseResetOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  now: number,
): ResetOptions | 'help' {
  const values = readFlags(args, flags);
  if (values.help) return 'help';
  refuseEmpty(values);
  const { group, topic } = values;
  if (topic === undefined) throw invalid('give the --topic');
  const common = { topic, group, target: readTarget(values, now), mapping: readMapping(values) };
  const all = { ...common, aws: readAws(values) };
  if (values['print-commands']) {
    refuseWith('--print-commands', values, ['allow-skip', 'enable', 'dry-run', 'json', 'yes']);
    return { ...all, action: 'print commands', access: readAccess(values, environment) };
  }
  if (values['dry-run']) refuseWith('--dry-run', values, ['yes']);
  if (values['no-mapping']) refuseWith('--no-mapping', values, ['enable']);
  return {
    ...{ ...all, action: 'reset', connection: readBrokers(values, environment) },
    ...{ dryRun: values['dry-run'], allowSkip: values['allow-skip'], enable: values.enable },
    ...{ json: values.json, yes: values.yes },
  };
}

function isGiven(values: Values, name: Name): boolean {
  return values[name] !== undefined && values[name] !== false;
}

function refuseEmpty(values: Values): void {
  const named = ['topic', 'group', 'stack', 'function', 'region', 'profile'] as const;
  const empty = named.find((name) => values[name] === '');
  if (empty !== undefined) throw invalid(`--${empty} must be a name, got ''`);
}

function refuseWith(what: string, values: Values, names: readonly Name[]): void {
  const given = names.find((name) => isGiven(values, name));
  if (given !== undefined) throw invalid(`--${given} is of no use with ${what}`);
}

const targetFlags = ['hours-back', 'to', 'to-earliest', 'to-latest'] as const;

function readTarget(values: Values, now: number): ResetTarget {
  const given = targetFlags.filter((name) => isGiven(values, name));
  if (given.length !== 1) {
    const got = given.map((name) => `--${name}`).join(' and ') || 'none';
    throw invalid(`give one of --hours-back, --to, --to-earliest and --to-latest, got ${got}`);
  }
  if (values['to-earliest']) return 'earliest';
  if (values['to-latest']) return 'latest';
  const { 'hours-back': hours, to } = values;
  if (to === undefined)
    return { timestamp: now - wholeNumber(ranges, 'hours-back', hours) * 3_600_000 };
  if (!isTime(to)) {
    throw invalid(`--to must be a time such as 2026-11-24T09:00:00Z, got '${to}'`);
  }
  const timestamp = Date.parse(to);
  if (timestamp <= now) return { timestamp };
  throw invalid(
    `--to must not be after now (for the end of the log there is --to-latest), got '${to}'`,
  );
}

const mappingFlags = ['stack', 'function', 'mapping', 'no-mapping'] as const;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function readMapping(values: Values): GivenMapping {
  const [first, second] = mappingFlags.filter((name) => isGiven(values, name));
  if (second !== undefined) throw invalid(`--${first} and --${second} exclude each other`);
  const { function: target, mapping, stack = DEFAULT_STACK } = values;
  if (values['no-mapping']) {
    if (values.group === undefined) throw invalid('--no-mapping needs --group');
    return { by: 'none' };
  }
  if (target !== undefined) return { by: 'function', name: target };
  if (mapping === undefined) return { by: 'stack', name: stack };
  if (UUID.test(mapping)) return { by: 'uuid', name: mapping };
  throw invalid(`--mapping must be the UUID of an event source mapping, got '${mapping}'`);
}

function readAws({ profile, region, 'lambda-endpoint': given }: Values): ResetAws {
  return { profile, region, lambdaEndpoint: httpUrl('lambda-endpoint', given) };
}
