import { describe, expect, it } from 'vitest';
import { resetHelp } from '../../../cli/reset/help.ts';
import {
  type MoveOptions,
  type PrintOptions,
  parseResetOptions,
  type ResetOptions,
} from '../../../cli/reset/options.ts';
import { refusalOf as refusal } from '../../helpers/refusal.ts';
import { now, uuid } from './reset-console.ts';

const hour = 3_600_000;
const parse = (line: string, environment: Record<string, string> = {}) =>
  parseResetOptions(line === '' ? [] : line.split(' '), environment, now);
const refusalOf = (line: string) => refusal(() => parse(line));

const common = {
  topic: 'orders',
  target: 'earliest',
  mapping: { by: 'stack', name: 'KafkaArchive' },
  group: undefined,
  aws: { region: undefined, profile: undefined, lambdaEndpoint: undefined },
} as const;
const move: MoveOptions = {
  ...common,
  action: 'reset',
  connection: { brokers: ['b:9092'] },
  ...{ dryRun: false, allowSkip: false, enable: false, json: false, yes: false },
};
const print: Omit<PrintOptions, 'access'> = { ...common, action: 'print commands' };
const iam = { brokers: undefined, security: 'IAM' } as const;

const orders = '--topic orders --brokers b:9092';
const early = `${orders} --to-earliest`;
const printed = '--topic orders --to-earliest --print-commands';

describe('reset options', () => {
  it.each<[string, ResetOptions]>([
    [early, move],
    [`${orders} --to-latest`, { ...move, target: 'latest' }],
    [`${orders} --hours-back 1`, { ...move, target: { timestamp: now - hour } }],
    [`${orders} --hours-back=87600`, { ...move, target: { timestamp: now - 87_600 * hour } }],
    [`${orders} --to 2026-11-24T09:00:00Z`, { ...move, target: { timestamp: now - 3 * hour } }],
    [`${orders} --to 2026-11-24T14:00+02:00`, { ...move, target: { timestamp: now } }],
    [`${orders} --to 2026-11-24`, { ...move, target: { timestamp: now - 12 * hour } }],
    [`${early} --stack Shop`, { ...move, mapping: { by: 'stack', name: 'Shop' } }],
    [`${early} --function f`, { ...move, mapping: { by: 'function', name: 'f' } }],
    [`${early} --mapping ${uuid}`, { ...move, mapping: { by: 'uuid', name: uuid } }],
    [`${early} --no-mapping --group g`, { ...move, group: 'g', mapping: { by: 'none' } }],
    [`${early} --group g`, { ...move, group: 'g' }],
    [`${early} --dry-run --json`, { ...move, dryRun: true, json: true }],
    [`${early} --dry-run --allow-skip`, { ...move, dryRun: true, allowSkip: true }],
    [`${early} --yes --enable`, { ...move, yes: true, enable: true }],
    [
      `${early} --region eu-west-1 --profile ops --lambda-endpoint http://127.0.0.1:1`,
      {
        ...move,
        aws: { region: 'eu-west-1', profile: 'ops', lambdaEndpoint: 'http://127.0.0.1:1' },
      },
    ],
    [printed, { ...print, access: iam }],
    [`${printed} --sasl AWS_MSK_IAM`, { ...print, access: iam }],
    [
      `${printed} --brokers b-1.shop.x.c1.kafka.eu-west-1.amazonaws.com:9098`,
      {
        ...print,
        access: { ...iam, brokers: ['b-1.shop.x.c1.kafka.eu-west-1.amazonaws.com:9098'] },
      },
    ],
    [
      `${printed} --sasl AWS_MSK_IAM --brokers b:1,c:2`,
      { ...print, access: { ...iam, brokers: ['b:1', 'c:2'] } },
    ],
    [
      `${printed} --brokers b:1`,
      {
        ...print,
        access: { brokers: ['b:1'], security: { tls: false, ca: undefined, sasl: undefined } },
      },
    ],
    [
      `${printed} --brokers b:1 --tls --sasl SCRAM-SHA-512 --username u`,
      {
        ...print,
        access: {
          brokers: ['b:1'],
          security: {
            ...{ tls: true, ca: undefined },
            sasl: { mechanism: 'SCRAM-SHA-512', username: 'u' },
          },
        },
      },
    ],
  ])('reads "%s"', (line, options) => {
    expect(parse(line)).toEqual(options);
  });

  it('takes the brokers and the password of the environment', () => {
    const environment = { KAFKA_BOOTSTRAP_SERVERS: 'e:1', KAFKA_PASSWORD: 'secret' };
    const line = '--topic orders --to-earliest --tls --sasl SCRAM-SHA-512 --username u';
    expect(parse(line, environment)).toEqual({
      ...move,
      connection: {
        ...{ brokers: ['e:1'], tls: {} },
        sasl: { mechanism: 'SCRAM-SHA-512', username: 'u', password: 'secret' },
      },
    });
    expect(JSON.stringify(parse(`${line} --print-commands`, environment))).not.toMatch(/secret/);
  });

  it('gives help when asked for it, whatever else is asked', () => {
    for (const line of ['--help', '--help --to x', '--topic orders --help']) {
      expect(parse(line)).toBe('help');
    }
  });

  const advice =
    "this program does not speak the IAM authentication of MSK: give a listener with SASL/SCRAM, or --print-commands for the commands that do it with Kafka's own tools";
  it.each([
    ['', 'give the --topic'],
    ['--topic=', "--topic must be a name, got ''"],
    [`${early} --group=`, "--group must be a name, got ''"],
    [`${early} --stack=`, "--stack must be a name, got ''"],
    [`${early} --function=`, "--function must be a name, got ''"],
    [`${early} --region=`, "--region must be a name, got ''"],
    [`${early} --profile=`, "--profile must be a name, got ''"],
    [orders, 'give one of --hours-back, --to, --to-earliest and --to-latest, got none'],
    [
      `${orders} --hours-back 1 --to-latest`,
      'give one of --hours-back, --to, --to-earliest and --to-latest, got --hours-back and --to-latest',
    ],
    [`${orders} --hours-back 0`, "--hours-back must be a whole number from 1 to 87600, got '0'"],
    [
      `${orders} --hours-back 87601`,
      "--hours-back must be a whole number from 1 to 87600, got '87601'",
    ],
    [
      `${orders} --hours-back 1.5`,
      "--hours-back must be a whole number from 1 to 87600, got '1.5'",
    ],
    [`${orders} --to 2h`, "--to must be a time such as 2026-11-24T09:00:00Z, got '2h'"],
    [
      `${orders} --to 2026-11-24T12:00:00.001Z`,
      "--to must not be after now (for the end of the log there is --to-latest), got '2026-11-24T12:00:00.001Z'",
    ],
    [`${early} --stack S --function f`, '--stack and --function exclude each other'],
    [`${early} --mapping ${uuid} --no-mapping`, '--mapping and --no-mapping exclude each other'],
    [
      `${early} --mapping orders`,
      "--mapping must be the UUID of an event source mapping, got 'orders'",
    ],
    [`${early} --no-mapping`, '--no-mapping needs --group'],
    [`${early} --no-mapping --group g --enable`, '--enable is of no use with --no-mapping'],
    [`${early} --dry-run --yes`, '--yes is of no use with --dry-run'],
    [`${printed} --allow-skip`, '--allow-skip is of no use with --print-commands'],
    [`${printed} --enable`, '--enable is of no use with --print-commands'],
    [`${printed} --dry-run`, '--dry-run is of no use with --print-commands'],
    [`${printed} --json`, '--json is of no use with --print-commands'],
    [`${printed} --yes`, '--yes is of no use with --print-commands'],
    ['--topic orders --to-earliest', 'give the --brokers, or --print-commands'],
    ['--topic orders --to-earliest --tls', '--tls needs --brokers'],
    [`${early} --ca f`, '--ca needs --tls'],
    [`${early} --sasl PLAIN`, '--sasl and --username need each other'],
    [`${early} --sasl AWS_MSK_IAM`, advice],
    [
      '--topic orders --to-earliest --brokers b.kafka.eu-west-1.amazonaws.com:9098',
      `b.kafka.eu-west-1.amazonaws.com:9098 is a listener with IAM, and ${advice}`,
    ],
    [
      '--topic orders --to-earliest --tls --brokers a:9094,b.kafka.cn-north-1.amazonaws.com.cn:9198',
      `b.kafka.cn-north-1.amazonaws.com.cn:9198 is a listener with IAM, and ${advice}`,
    ],
    [
      `${early} --lambda-endpoint localhost:9000`,
      "--lambda-endpoint must be a URL with http or https, got 'localhost:9000'",
    ],
  ])('refuses "%s"', (line, message) => {
    expect(refusalOf(line)).toBe(`${message}; see --help`);
  });

  it.each([
    [`${early} --bogus`, /'--bogus'/],
    [`${early} orders`, /'orders'/],
    [`${early} --yes=no`, /'--yes'/],
  ])('refuses "%s" by name, and points to the help', (line, name) => {
    expect(refusalOf(line)).toMatch(name);
    expect(refusalOf(line)).toMatch(/; see --help$/);
  });
});

describe('help', () => {
  it('names every option, and the numbers that it may be', () => {
    const flags = [...resetHelp.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name);
    expect(flags).toEqual([
      ...['hours-back', 'to', 'to-earliest', 'to-latest', 'allow-skip', 'topic', 'stack'],
      ...['function', 'mapping', 'no-mapping', 'group', 'region', 'profile', 'lambda-endpoint'],
      ...['brokers', 'tls', 'ca', 'sasl', 'username', 'dry-run', 'yes', 'enable'],
      ...['print-commands', 'json', 'help'],
    ]);
    expect(resetHelp).toMatch(/--hours-back .* 1 to 87600\n/);
    expect(resetHelp).toMatch(/--stack .*\(default KafkaArchive\)/);
  });

  it('fits a terminal', () => {
    expect(resetHelp.split('\n').filter((line) => line.length > 110)).toEqual([]);
  });
});
