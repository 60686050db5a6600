import { describe, expect, it } from 'vitest';
import { replayHelp } from '../../../cli/replay/help.ts';
import { parseReplayOptions, type ReplayOptions } from '../../../cli/replay/options.ts';
import { refusalOf as refusal } from '../../helpers/refusal.ts';

const now = Date.parse('2026-11-24T12:00:00Z');
const hour = 3_600_000;

const common = {
  targets: {
    stack: 'KafkaArchive',
    bucket: undefined,
    queue: undefined,
    deadLetterQueue: undefined,
  },
  aws: { region: undefined, profile: undefined, s3Endpoint: undefined, sqsEndpoint: undefined },
  json: false,
  yes: false,
};
const status = { ...common, command: 'status', all: false } as const;
const redrive = { ...common, command: 'redrive', maxPerSecond: undefined } as const;
const everything = { prefix: '', since: undefined, until: undefined, topic: undefined };
const selection = { ...everything, force: false };
const run = { ...common, command: 'run', selection, dryRun: false } as const;
const show = { ...common, command: 'show', key: 'aws/k', records: false } as const;

const parse = (line: string) => parseReplayOptions(line === '' ? [] : line.split(' '), now);
const refusalOf = (line: string) => refusal(() => parse(line));
const targets = (given: Partial<typeof common.targets | Record<string, string>>) => ({
  targets: { ...common.targets, ...given },
});
const selected = (given: object) => ({ ...run, selection: { ...selection, ...given } });

describe('replay options', () => {
  it.each<[string, ReplayOptions]>([
    ['status', status],
    ['status --all', { ...status, all: true }],
    ['--json status', { ...status, json: true }],
    ['status --yes', { ...status, yes: true }],
    ['redrive', redrive],
    ['dismiss aws/k', { ...common, command: 'dismiss', key: 'aws/k' }],
    ['redrive --max-per-second 1', { ...redrive, maxPerSecond: 1 }],
    ['redrive --max-per-second=500 --yes', { ...redrive, maxPerSecond: 500, yes: true }],
    ['run', run],
    ['run --dry-run --force', { ...selected({ force: true }), dryRun: true }],
    ['run --prefix aws/ --topic orders', selected({ prefix: 'aws/', topic: 'orders' })],
    ['run --prefix=', run],
    ['run --since 90s', selected({ since: now - 90_000 })],
    ['run --since 30m', selected({ since: now - hour / 2 })],
    ['run --since 2h --until 1h', selected({ since: now - 2 * hour, until: now - hour })],
    ['run --until 7d', selected({ until: now - 168 * hour })],
    ['run --until 0s', selected({ until: now })],
    ['run --since 2026-11-24', selected({ since: now - 12 * hour })],
    ['run --since 2026-11-24T11:00:00Z', selected({ since: now - hour })],
    ['run --until 2026-11-24T12:00+02:00', selected({ until: now - 2 * hour })],
    ['show aws/k', show],
    ['show aws/k --records', { ...show, records: true }],
    ['show -- --k', { ...show, key: '--k' }],
    ['status --stack Other', { ...status, ...targets({ stack: 'Other' }) }],
    ['status --region eu-west-1', { ...status, aws: { ...common.aws, region: 'eu-west-1' } }],
    ['status --profile ops', { ...status, aws: { ...common.aws, profile: 'ops' } }],
    [
      'status --s3-endpoint http://127.0.0.1:1 --sqs-endpoint https://[::1]:2',
      {
        ...status,
        aws: { ...common.aws, s3Endpoint: 'http://127.0.0.1:1', sqsEndpoint: 'https://[::1]:2' },
      },
    ],
  ])('reads "%s"', (line, options) => {
    expect(parse(line)).toEqual(options);
  });

  it('gives help when asked for it, whatever else is asked', () => {
    for (const line of ['--help', 'help', 'help show', 'status --help', 'bogus --help']) {
      expect(parse(line)).toBe('help');
    }
  });

  it.each([
    ['', 'give a command: status, redrive, run, show or dismiss'],
    ['bogus', "there is no command 'bogus': give status, redrive, run, show or dismiss"],
    ['status orders', "status takes no 'orders'"],
    ['redrive now', "redrive takes no 'now'"],
    ['run 2h', "run takes no '2h'"],
    ['show', 'show takes one key, as status lists them, got 0'],
    ['dismiss', 'dismiss takes one key, as status lists them, got 0'],
    ['dismiss a b', 'dismiss takes one key, as status lists them, got 2'],
    ['show a b', 'show takes one key, as status lists them, got 2'],
    ['status --records', '--records is for show, not for status'],
    ['show k --all', '--all is for status, not for show'],
    ['run --max-per-second 1', '--max-per-second is for redrive, not for run'],
    ['redrive --dry-run', '--dry-run is for run, not for redrive'],
    ['status --prefix=', '--prefix is for run, not for status'],
    ['run --topic=', "--topic must be the name of a topic, got ''"],
    ['run --since 1h --until 2h', "--since must be before --until, got '1h' and '2h'"],
    ['run --since 1h --until 60m', "--since must be before --until, got '1h' and '60m'"],
    ['status --stack=', "--stack must be the name of a stack, got ''"],
    ['status --region=', "--region must be the name of a region, got ''"],
    ['status --profile=', "--profile must be the name of a profile, got ''"],
    ['show k --bucket=', "--bucket must be the name of a bucket, got ''"],
    [
      'status --queue replay',
      "--queue must be the URL of a queue with http or https, got 'replay'",
    ],
    [
      'status --dead-letter-queue=',
      "--dead-letter-queue must be the URL of a queue with http or https, got ''",
    ],
    [
      'status --s3-endpoint localhost:9000',
      "--s3-endpoint must be a URL with http or https, got 'localhost:9000'",
    ],
    ['status --sqs-endpoint x', "--sqs-endpoint must be a URL with http or https, got 'x'"],
  ])('refuses "%s"', (line, message) => {
    expect(refusalOf(line)).toBe(`${message}; see --help`);
  });

  it('takes for show no empty key', () => {
    expect(refusal(() => parseReplayOptions(['show', ''], now))).toBe(
      'show takes one key, as status lists them, got 1; see --help',
    );
  });

  it('takes for --max-per-second only whole numbers from 1 to 500', () => {
    for (const value of ['0', '501', '1.5', '1e1', 'x', '']) {
      expect(refusalOf(`redrive --max-per-second=${value}`)).toBe(
        `--max-per-second must be a whole number from 1 to 500, got '${value}'; see --help`,
      );
    }
  });

  it.each(['', '2', 'h', '-2h', '1.5h', '2 h', '2w', '1234567s', '2026-11', '2026-13-01', '09:00'])(
    'takes no %s for a time',
    (value) => {
      for (const name of ['since', 'until']) {
        expect(refusal(() => parseReplayOptions(['run', `--${name}=${value}`], now))).toBe(
          `--${name} must be a time such as 2026-11-24T09:00:00Z, or so long ago, such as 30m, 2h or 7d, got '${value}'; see --help`,
        );
      }
    },
  );

  it.each([
    ['status --bogus', /'--bogus'/],
    ['status --stack', /'--stack/],
    ['status --json=yes', /'--json'/],
  ])('refuses "%s" by name, and points to the help', (line, name) => {
    expect(refusalOf(line)).toMatch(name);
    expect(refusalOf(line)).toMatch(/; see --help$/);
  });
});

describe('bucket and queues', () => {
  const bucket = '--bucket b';
  const queue = '--queue https://q/1/r';
  const dead = '--dead-letter-queue https://q/1/d';
  const names = { stack: undefined, bucket: 'b', queue: 'https://q/1/r' };

  it.each<[string, Record<string, string | undefined>]>([
    [`status ${bucket} ${queue} ${dead}`, { ...names, deadLetterQueue: 'https://q/1/d' }],
    [`redrive ${queue} ${dead}`, { ...names, bucket: undefined, deadLetterQueue: 'https://q/1/d' }],
    [`run ${bucket} ${queue}`, names],
    [`run --dry-run ${bucket}`, { ...names, queue: undefined }],
    [`show k ${bucket}`, { ...names, queue: undefined }],
    [`status --stack S ${bucket}`, { ...names, stack: 'S', queue: undefined }],
  ])('are read from "%s"', (line, given) => {
    const options = parse(line);
    expect(options).toMatchObject({ targets: { ...common.targets, ...given } });
  });

  it.each([
    [`status ${bucket}`, 'status needs --queue and --dead-letter-queue too, or --stack'],
    [`status ${queue} ${dead}`, 'status needs --bucket too, or --stack'],
    [`redrive ${bucket}`, 'redrive needs --queue and --dead-letter-queue too, or --stack'],
    [`run ${bucket}`, 'run needs --queue too, or --stack'],
    [`run --dry-run ${queue}`, 'run --dry-run needs --bucket too, or --stack'],
    [`show k ${queue}`, 'show needs --bucket too, or --stack'],
  ])('are not half those of the default stack: "%s"', (line, message) => {
    expect(refusalOf(line)).toBe(`${message}; see --help`);
  });
});

describe('help', () => {
  it('names every command and option, and the numbers that it may be', () => {
    const commands = [...replayHelp.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name);
    expect(commands).toEqual(['status', 'redrive', 'run', 'show', 'dismiss', 'help']);
    const flags = [...replayHelp.matchAll(/^ {2,4}--([a-z0-9-]+)/gm)].map(([, name]) => name);
    expect(flags).toEqual([
      ...['all', 'max-per-second', 'prefix', 'since', 'until', 'topic', 'force', 'dry-run'],
      ...['records', 'stack', 'bucket', 'queue', 'dead-letter-queue', 'region', 'profile'],
      ...['s3-endpoint', 'sqs-endpoint', 'json', 'yes'],
    ]);
    expect(replayHelp).toMatch(/--max-per-second .* 1 to 500 /);
    expect(replayHelp).toMatch(/--stack .*\(default KafkaArchive\)/);
  });

  it('fits a terminal', () => {
    expect(replayHelp.split('\n').filter((line) => line.length > 110)).toEqual([]);
  });
});
