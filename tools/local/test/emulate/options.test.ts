import { describe, expect, it } from 'vitest';
import { refusalOf as refusal } from '../../../../test/helpers/refusal.ts';
import { type EmulateOptions, emulateHelp, parseEmulateOptions } from '../../emulate/options.ts';
import { type MappingOptions, mappingSettings } from '../../mapping/settings.ts';
import { noon } from '../source-records.ts';

type Environment = Readonly<Record<string, string>>;

const parse = (line: string, environment: Environment = {}) =>
  parseEmulateOptions(line === '' ? [] : line.split(' '), environment, noon);

/** What a command line of a cluster and a topic, and of this besides, asks for. */
function optionsOf(line = ''): EmulateOptions {
  const options = parse(`--brokers a:1 --topics orders ${line}`.trim());
  if (options === 'help') throw new TypeError('asked for help');
  return options;
}

const refusalOf = (line: string, environment: Environment = {}) =>
  refusal(() => parse(line, environment));

const failed: EmulateOptions['failed'] = {
  ...{ bucket: 'failed', sqsPort: undefined },
  ...{ delaySeconds: 60, retrySeconds: 60, tries: 10 },
};

const defaults: Omit<EmulateOptions, 'groupOf'> = {
  connection: { brokers: ['a:1'] },
  topics: ['orders'],
  startingPosition: 'earliest',
  outOfRange: 'earliest',
  sessionTimeoutMs: 45_000,
  mapping: mappingSettings({ batchWindow: 1 }),
  functionTimeout: 120,
  compression: 'gzip',
  timeFolder: 'hour',
  objectPrefix: '',
  out: 'emulate-out',
  s3Endpoint: undefined,
  bucket: 'archive',
  failed: undefined,
};

describe('emulate options', () => {
  it.each<[string, Partial<EmulateOptions>]>([
    ['', {}],
    ['--tls', { connection: { brokers: ['a:1'], tls: {} } }],
    ['--starting-position earliest', { startingPosition: 'earliest' }],
    ['--starting-position latest', { startingPosition: 'latest' }],
    ['--starting-position 2025-11-23', { startingPosition: { timestamp: 1_763_856_000_000 } }],
    ['--starting-position 2025-11-23T10:53:20Z', { startingPosition: { timestamp: noon } }],
    [
      '--starting-position 2025-11-23T11:53:20.5+01:00',
      { startingPosition: { timestamp: noon + 500 } },
    ],
    ['--hours-back 1', { startingPosition: { timestamp: noon - 3_600_000 } }],
    ['--hours-back 1000000', { startingPosition: { timestamp: noon - 3_600_000_000_000 } }],
    ['--out-of-range latest', { outOfRange: 'latest' }],
    ['--out-of-range stop', { outOfRange: 'stop' }],
    ['--session-timeout 1', { sessionTimeoutMs: 1000 }],
    ['--session-timeout 1800', { sessionTimeoutMs: 1_800_000 }],
    ['--timeout 10', { functionTimeout: 10 }],
    ['--timeout 840', { functionTimeout: 840 }],
    ['--compression zstd', { compression: 'zstd' }],
    ['--compression none', { compression: 'none' }],
    ['--time-folder day', { timeFolder: 'day' }],
    ['--time-folder none', { timeFolder: 'none' }],
    ['--prefix=', { objectPrefix: '' }],
    ['--prefix a/b/', { objectPrefix: 'a/b/' }],
    ['--out folder', { out: 'folder' }],
    ['--s3-endpoint http://localhost:9000', { s3Endpoint: 'http://localhost:9000' }],
    ['--s3-endpoint https://s3.example/', { s3Endpoint: 'https://s3.example/' }],
    ['--bucket other', { bucket: 'other' }],
    ['--failed-bucket failed', { failed }],
    [
      '--failed-bucket failed --sqs-port 65535 --replay-delay 0 --replay-retry 1 --replay-tries 1',
      { failed: { bucket: 'failed', sqsPort: 65_535, delaySeconds: 0, retrySeconds: 1, tries: 1 } },
    ],
  ])('are read from "%s"', (line, options) => {
    const { groupOf: _, ...read } = optionsOf(line);
    expect(read).toEqual({ ...defaults, ...options });
  });

  it.each<[string, MappingOptions]>([
    ['--batch-size 1', { batchSize: 1 }],
    ['--batch-size 10000', { batchSize: 10_000 }],
    ['--batch-window 0', { batchWindow: 0 }],
    ['--batch-window 300', { batchWindow: 300 }],
    ['--pollers 100', { pollers: 100 }],
    ['--mode on-demand', {}],
    ['--mode provisioned', { mode: 'provisioned' }],
    [
      '--mode provisioned --partial-response',
      { mode: 'provisioned', reportBatchItemFailures: true },
    ],
    ['--mode provisioned --bisect', { mode: 'provisioned', bisectBatchOnFunctionError: true }],
    ['--mode provisioned --retry-attempts 0', { mode: 'provisioned', maximumRetryAttempts: 0 }],
    ['--retry-attempts=-1 --max-record-age=-1', {}],
    [
      '--mode provisioned --max-record-age 60',
      { mode: 'provisioned', maximumRecordAgeSeconds: 60 },
    ],
  ])('have the mapping of "%s"', (line, mapping) => {
    expect(optionsOf(line).mapping).toEqual(mappingSettings({ batchWindow: 1, ...mapping }));
  });

  it('may have the cluster in the environment', () => {
    expect(parse('--topics orders', { KAFKA_BOOTSTRAP_SERVERS: 'b:2' })).toMatchObject({
      connection: { brokers: ['b:2'] },
    });
  });

  it('have topics with commas between, spaces or not, each once', () => {
    const args = ['--brokers', 'a:1', '--topics', 'a, b ,,a'];
    expect(parseEmulateOptions(args, {}, noon)).toMatchObject({ topics: ['a', 'b'] });
  });

  it.each([
    ['', 'msk-s3-archiver-orders'],
    ['--group shop', 'shop'],
    ['--group {topic}-of-{topic}', 'orders-of-orders'],
  ])('have by "%s" the group %s', (line, group) => {
    expect(optionsOf(line).groupOf('orders')).toBe(group);
  });

  it('have a group for each of several topics', () => {
    const { groupOf } = optionsOf('--topics a,b --group my-{topic}');
    expect(['a', 'b'].map(groupOf)).toEqual(['my-a', 'my-b']);
  });

  it.each(['--help', '--batch-size 0 --help', '--help --topics a'])('are help by "%s"', (line) => {
    expect(parse(line)).toBe('help');
  });
});

describe('emulate options are refused', () => {
  it.each([
    ['batch-size', 1, 10_000],
    ['batch-window', 0, 300],
    ['pollers', 1, 100],
    ['retry-attempts', -1, 10_000],
    ['max-record-age', -1, 604_800],
    ['session-timeout', 1, 1800],
    ['timeout', 10, 840],
    ['hours-back', 1, 1_000_000],
    ['sqs-port', 1, 65_535],
    ['replay-delay', 0, 900],
    ['replay-retry', 1, 3600],
    ['replay-tries', 1, 150],
  ])('with a --%s that is no whole number from %i to %i', (name, min, max) => {
    for (const value of [String(min - 1), String(max + 1), '1.5', '1e1', 'x', '']) {
      const line = `--brokers a:1 --topics a --failed-bucket failed --${name}=${value}`;
      expect(refusalOf(line)).toBe(
        `--${name} must be a whole number from ${min} to ${max}, got '${value}'; see --help`,
      );
    }
  });

  const position = '--starting-position must be earliest, latest or an ISO 8601 time, got';
  it.each([
    ['--mode both', "--mode must be one of on-demand, provisioned, got 'both'"],
    ['--out-of-range skip', "--out-of-range must be one of earliest, latest, stop, got 'skip'"],
    ['--compression lz4', "--compression must be one of gzip, zstd, none, got 'lz4'"],
    ['--time-folder year', "--time-folder must be one of hour, day, none, got 'year'"],
    ['--prefix a', "--prefix must be empty or end in /, got 'a'"],
    ['--starting-position TRIM_HORIZON', `${position} 'TRIM_HORIZON'`],
    ['--starting-position=', `${position} ''`],
    ['--starting-position 2025-13-01', `${position} '2025-13-01'`],
    ['--starting-position 10:53', `${position} '10:53'`],
    ['--starting-position 1763895200000', `${position} '1763895200000'`],
    [
      '--starting-position latest --hours-back 1',
      'give --starting-position or --hours-back, not both',
    ],
    ['--topics a,b --group shop', "--group needs {topic} in it with several topics, got 'shop'"],
    ['--topics ,', '--topics needs the name of a topic at least'],
    ['--ca file', '--ca needs --tls'],
    ['--failed-bucket archive', "--failed-bucket must be another than --bucket, got 'archive'"],
    ['--bucket a --failed-bucket a', "--failed-bucket must be another than --bucket, got 'a'"],
    ...['sqs-port', 'replay-delay', 'replay-retry', 'replay-tries'].map((name) => [
      `--${name} 1`,
      `--${name} needs --failed-bucket`,
    ]),
    ...['s3.example', '', 'localhost:9000', 's3://archive'].map((endpoint) => [
      `--s3-endpoint=${endpoint}`,
      `--s3-endpoint must be a URL with http or https, got '${endpoint}'`,
    ]),
  ])('as "%s"', (line, message) => {
    expect(refusalOf(`--brokers a:1 --topics orders ${line}`)).toBe(`${message}; see --help`);
  });

  it.each([
    ['--topics a', {}, '--brokers or KAFKA_BOOTSTRAP_SERVERS is needed'],
    [
      '--topics a',
      { KAFKA_BOOTSTRAP_SERVERS: '' },
      '--brokers or KAFKA_BOOTSTRAP_SERVERS is needed',
    ],
    ['--topics a --tls', {}, '--tls needs --brokers'],
    ['--brokers a:1', {}, '--topics needs the name of a topic at least'],
    ['', { KAFKA_BOOTSTRAP_SERVERS: 'a:1' }, '--topics needs the name of a topic at least'],
  ])('as "%s" with %j', (line, environment, message) => {
    expect(refusalOf(line, environment)).toBe(`${message}; see --help`);
  });

  it.each([
    ['--retry-attempts 3', 'maximumRetryAttempts'],
    ['--max-record-age 60', 'maximumRecordAgeSeconds'],
    ['--bisect', 'bisectBatchOnFunctionError'],
    ['--partial-response', 'reportBatchItemFailures'],
  ])('with "%s" in on-demand mode', (line, name) => {
    expect(refusalOf(`--brokers a:1 --topics a ${line}`)).toBe(`${name} needs provisioned mode`);
  });

  it('with a record age of less than a minute', () => {
    const line = '--brokers a:1 --topics a --mode provisioned --max-record-age 59';
    expect(refusalOf(line)).toBe(
      'maximumRecordAgeSeconds must be a whole number from 60 to 604800, got 59',
    );
  });
});

describe('help', () => {
  it('names every option, and the numbers that it may be', () => {
    const documented = [...emulateHelp.matchAll(/^ {2}--([a-z0-9-]+)/gm)].map(([, name]) => name);
    expect(documented).toEqual([
      ...['brokers', 'tls', 'ca', 'sasl', 'username', 'topics', 'group', 'starting-position'],
      ...['hours-back', 'out-of-range', 'session-timeout', 'batch-size', 'batch-window'],
      ...['pollers', 'mode', 'partial-response', 'bisect', 'retry-attempts', 'max-record-age'],
      ...['timeout', 'compression', 'time-folder', 'prefix', 'out', 's3-endpoint', 'bucket'],
      ...['failed-bucket', 'replay-delay', 'replay-retry', 'replay-tries', 'sqs-port', 'help'],
    ]);
    expect(emulateHelp).toMatch(/--batch-size .* 1 to 10000 \(default 10000\)/);
    expect(emulateHelp).toMatch(/--batch-window .* 0 to 300 \(default 1\)/);
    expect(emulateHelp).toMatch(/--timeout .* 10 to 840 seconds \(default 120\)/);
    expect(emulateHelp).toMatch(/--replay-delay .* 0 to 900 \(default 60\)/);
    expect(emulateHelp).toMatch(/--replay-retry .* 1 to 3600\s+\(default 60\)/);
    expect(emulateHelp).toMatch(/--replay-tries .* 1 to 150 \(default 10\)/);
    expect(emulateHelp).toMatch(/--session-timeout .* \(default 45\)/);
  });
});
