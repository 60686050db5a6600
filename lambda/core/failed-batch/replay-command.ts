import { ArchiverError } from '../errors.ts';
import type { Selection } from './select-failed-batches.ts';

/** A command to the replay function, by direct invocation: replay failed batches again. */
export interface ReplayCommand extends Selection {
  /** Whether to report what would be replayed without enqueuing it. */
  readonly dryRun: boolean;
  /** Key after which to begin: the `continuation` of an earlier result. */
  readonly continuation: string | undefined;
}

/**
 * Parses a command: `{"command":"replay"}`, with any of `prefix`, `since`, `until` (ISO 8601), `topic`,
 * `dryRun`, `force` and `continuation`.
 *
 * @throws {ArchiverError} `INVALID_EVENT`, naming every problem
 */
export function parseReplayCommand(event: unknown): ReplayCommand {
  const fields = typeof event === 'object' && event !== null ? { ...event } : {};
  const { command, ...given }: Record<string, unknown> = fields;
  if (command !== 'replay') {
    throw invalid(`neither an event of the replay queue nor a command such as ${EXAMPLE}`);
  }
  const problems = Object.keys(given).flatMap((name) =>
    known.includes(name) ? [] : [`'${name}' is not one of ${known.join(', ')}`],
  );
  const read = <Value>(
    name: string,
    isValue: (value: unknown) => value is Value,
    wanted: string,
  ) => {
    const value = given[name];
    if (value === undefined || isValue(value)) return value;
    problems.push(`${name} must be ${wanted}`);
    return undefined;
  };
  const time = (name: string) => {
    const value = read(name, isTime, "a time such as '2026-11-24T09:00:00Z'");
    return value === undefined ? undefined : Date.parse(value);
  };
  const parsed = {
    prefix: read('prefix', isText, 'text') ?? '',
    since: time('since'),
    until: time('until'),
    topic: read('topic', isText, 'the name of a topic'),
    dryRun: read('dryRun', isFlag, 'true or false') ?? false,
    force: read('force', isFlag, 'true or false') ?? false,
    continuation: read('continuation', isText, 'text'),
  };
  if (problems.length > 0) throw invalid(problems.join('; '));
  return parsed;
}

const EXAMPLE = `{"command":"replay","since":"2026-11-24T09:00:00Z","topic":"orders","dryRun":true}`;
const known = ['prefix', 'since', 'until', 'topic', 'dryRun', 'force', 'continuation'];

const isText = (value: unknown) => typeof value === 'string';
const isFlag = (value: unknown) => typeof value === 'boolean';

/** Whether a value is an ISO 8601 date, or a date and time with `Z` or an offset. */
export function isTime(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  );
}

function invalid(message: string): ArchiverError {
  return new ArchiverError('INVALID_EVENT', message);
}
