import { describe, expect, it } from 'vitest';
import { refusalOf as refusal } from '../../../../test/helpers/refusal.ts';
import { type DemoOptions, demoHelp, parseDemoOptions } from '../../demo/options.ts';

const defaults: DemoOptions = {
  input: undefined,
  key: undefined,
  timestamp: undefined,
  records: undefined,
  partitions: 3,
  batchSize: 10_000,
  batchWindow: 1,
  pollers: 1,
  compression: 'gzip',
  timeFolder: 'day',
  stream: undefined,
  out: 'demo-out',
  ric: false,
  kafka: undefined,
  failRate: undefined,
  outage: undefined,
  keep: false,
};

type Environment = Readonly<Record<string, string>>;

const parse = (line: string, environment: Environment = {}) =>
  parseDemoOptions(line === '' ? [] : line.split(' '), environment);

const refusalOf = (line: string, environment: Environment = {}) =>
  refusal(() => parse(line, environment));

describe('demo options', () => {
  it.each<[string, Partial<DemoOptions>]>([
    ['', {}],
    ['--input a.jsonl', { input: 'a.jsonl' }],
    ['--input a.jsonl --key id', { input: 'a.jsonl', key: 'id' }],
    ['--input a.jsonl --timestamp a.b', { input: 'a.jsonl', timestamp: 'a.b' }],
    ['--records 1', { records: 1 }],
    ['--records=1000000000', { records: 1_000_000_000 }],
    ['--partitions 1', { partitions: 1 }],
    ['--partitions 1000', { partitions: 1000 }],
    ['--batch-size 1', { batchSize: 1 }],
    ['--batch-size 10000', { batchSize: 10_000 }],
    ['--batch-window 0', { batchWindow: 0 }],
    ['--batch-window 300', { batchWindow: 300 }],
    ['--pollers 1', { pollers: 1 }],
    ['--pollers 100', { pollers: 100 }],
    ['--compression zstd', { compression: 'zstd' }],
    ['--compression none', { compression: 'none' }],
    ['--time-folder hour', { timeFolder: 'hour' }],
    ['--time-folder none', { timeFolder: 'none' }],
    ['--out /tmp/x', { out: '/tmp/x' }],
    ['--ric', { ric: true }],
    ['--fail-rate 0', { failRate: 0, batchSize: 50 }],
    ['--fail-rate 0.25', { failRate: 0.25, batchSize: 50 }],
    ['--fail-rate .5', { failRate: 0.5, batchSize: 50 }],
    ['--fail-rate 1', { failRate: 1, batchSize: 50 }],
    ['--fail-rate 1.0 --batch-size 7', { failRate: 1, batchSize: 7 }],
    ['--outage 1s', { outage: 1, batchSize: 50 }],
    ['--outage 90s', { outage: 90, batchSize: 50 }],
    ['--outage 10m', { outage: 600, batchSize: 50 }],
    ['--outage 2m --fail-rate 0.1', { outage: 120, failRate: 0.1, batchSize: 50 }],
    ['--outage 1s --keep', { outage: 1, keep: true, batchSize: 50 }],
    ['--delivery s3', {}],
    ['--delivery firehose', { stream: { bufferMiB: 64, bufferSeconds: 3 } }],
    [
      '--delivery firehose --buffer-mib 128 --buffer-seconds 0',
      { stream: { bufferMiB: 128, bufferSeconds: 0 } },
    ],
    ['--fail-rate 0 --keep', { failRate: 0, keep: true, batchSize: 50 }],
  ])('reads "%s"', (line, options) => {
    expect(parse(line)).toEqual({ ...defaults, ...options });
  });

  it('gives help when asked for it, whatever else is asked', () => {
    expect(parse('--help')).toBe('help');
    expect(parse('--partitions 0 --help')).toBe('help');
  });

  it.each([
    ['records', 1, 1_000_000_000],
    ['partitions', 1, 1000],
    ['batch-size', 1, 10_000],
    ['batch-window', 0, 300],
    ['pollers', 1, 100],
  ])('takes for --%s only whole numbers from %i to %i', (name, min, max) => {
    for (const value of [String(min - 1), String(max + 1), '1.5', '1e1', 'x', '']) {
      expect(refusalOf(`--${name}=${value}`)).toBe(
        `--${name} must be a whole number from ${min} to ${max}, got '${value}'; see --help`,
      );
    }
  });

  it.each([
    ['--compression lz4', "--compression must be one of gzip, zstd, none, got 'lz4'"],
    ['--time-folder year', "--time-folder must be one of hour, day, none, got 'year'"],
    ['--compression=', "--compression must be one of gzip, zstd, none, got ''"],
    ['--delivery sqs', "--delivery must be one of s3, firehose, got 'sqs'"],
    ['--buffer-mib 1', '--buffer-mib needs --delivery firehose'],
    ['--delivery s3 --buffer-seconds 1', '--buffer-seconds needs --delivery firehose'],
    [
      '--delivery firehose --compression zstd',
      "--compression must be gzip or none with --delivery firehose, got 'zstd'",
    ],
  ])('refuses "%s"', (line, message) => {
    expect(refusalOf(line)).toBe(`${message}; see --help`);
  });

  it.each([
    ['buffer-mib', 1, 128],
    ['buffer-seconds', 0, 900],
  ])('takes for --%s with a stream only whole numbers from %i to %i', (name, min, max) => {
    for (const value of [String(min - 1), String(max + 1), '1.5', '']) {
      expect(refusalOf(`--delivery firehose --${name}=${value}`)).toBe(
        `--${name} must be a whole number from ${min} to ${max}, got '${value}'; see --help`,
      );
    }
  });

  it.each(['1.1', '-0.1', '20%', '1e-1', '0.', 'x', ''])('takes no %s for a share', (value) => {
    expect(refusalOf(`--fail-rate=${value}`)).toBe(
      `--fail-rate must be a number from 0 to 1, got '${value}'; see --help`,
    );
  });

  it.each(['0s', '601s', '11m', '0m', '1.5m', '30', '1h', '-1s', '30 s', ''])(
    'takes no %s for an outage',
    (value) => {
      const refused = refusal(() => parseDemoOptions([`--outage=${value}`], {}));
      expect(refused).toBe(
        `--outage must be whole seconds or minutes from 1s to 10m, got '${value}'; see --help`,
      );
    },
  );

  it('refuses to keep servers where there is nothing to look at', () => {
    expect(refusalOf('--keep')).toBe('--keep needs --fail-rate or --outage; see --help');
  });

  it.each(['--records 1 --input a', '--records 1 --key a', '--records 1 --timestamp a'])(
    'refuses "%s", as generated records have their own fields',
    (line) => {
      expect(refusalOf(line)).toMatch(/^--records generates its own records/);
    },
  );

  it.each(['--key id', '--timestamp time'])('refuses "%s" without an input', (line) => {
    expect(refusalOf(line)).toMatch(/^--key and --timestamp are fields of an input/);
  });

  it.each([
    ['--bogus', /'--bogus'/],
    ['file.jsonl', /'file\.jsonl'/],
    ['--partitions', /'--partitions/],
    ['--ric=yes', /'--ric'/],
  ])('refuses "%s" by name, and points to the help', (line, name) => {
    expect(refusalOf(line)).toMatch(name);
    expect(refusalOf(line)).toMatch(/; see --help$/);
  });
});

describe('options of a run over Kafka', () => {
  const environment = { KAFKA_BOOTSTRAP_SERVERS: 'a:1,b:2', KAFKA_PASSWORD: 'secret' };
  const given = { brokers: ['a:1', 'b:2'] };

  it.each<[string, Environment, DemoOptions['kafka']]>([
    ['--kafka', {}, { connection: undefined, topics: undefined }],
    ['--kafka', environment, { connection: given, topics: undefined }],
    ['--brokers c:3', {}, { connection: { brokers: ['c:3'] }, topics: undefined }],
    ['--brokers c:3', environment, { connection: { brokers: ['c:3'] }, topics: undefined }],
    ['--kafka --brokers c:3', {}, { connection: { brokers: ['c:3'] }, topics: undefined }],
    ['--kafka --topics a', {}, { connection: undefined, topics: ['a'] }],
    ['--kafka --tls', environment, { connection: { ...given, tls: {} }, topics: undefined }],
    [
      '--kafka --sasl PLAIN --username u',
      environment,
      {
        connection: { ...given, sasl: { mechanism: 'PLAIN', username: 'u', password: 'secret' } },
        topics: undefined,
      },
    ],
  ])('are read from "%s" and %j', (line, variables, kafka) => {
    expect(parse(line, variables)).toEqual({ ...defaults, kafka });
  });

  it('are none where only the environment has brokers', () => {
    expect(parse('', environment)).toEqual(defaults);
    expect(parse('', { KAFKA_BOOTSTRAP_SERVERS: 'not for us' })).toEqual(defaults);
  });

  it('have topics with commas between, spaces or not', () => {
    const names = [`a, b ,c,,${'x'.repeat(249)},o.r-d_ers,a`];
    expect(parseDemoOptions(['--kafka', '--topics', ...names], {})).toMatchObject({
      kafka: { topics: ['a', 'b', 'c', 'x'.repeat(249), 'o.r-d_ers'] },
    });
  });

  it.each(['a b', 'ö', '.', '..', 'a/b', 'x'.repeat(250), '', ','])(
    'have no topic "%s"',
    (name) => {
      expect(() => parseDemoOptions(['--kafka', `--topics=${name}`], {})).toThrow(
        `--topics must be names of letters, digits, '.', '_' and '-', with commas between, got '${name}'; see --help`,
      );
    },
  );

  it.each([
    ['--topics a', '--topics needs --kafka or --brokers'],
    ['--tls', '--tls needs --brokers'],
    ['--kafka --username u', '--username needs --brokers'],
    ['--brokers c', "--brokers must be host:port, with commas between, got 'c'"],
  ])('are not "%s"', (line, message) => {
    expect(refusalOf(line)).toBe(`${message}; see --help`);
  });

  it('need brokers with the flags that say how to reach them', () => {
    expect(refusalOf('--tls', environment)).toBe('--tls needs --brokers; see --help');
  });
});

describe('help', () => {
  it('names every option, and the numbers that it may be', () => {
    const names = ['input', 'key', 'timestamp', 'records', 'partitions', 'batch-size'];
    names.push('batch-window', 'pollers', 'kafka', 'brokers', 'tls', 'ca', 'sasl', 'username');
    names.push(
      'topics',
      'fail-rate',
      'outage',
      'keep',
      'delivery',
      'buffer-mib',
      'buffer-seconds',
      'compression',
      'time-folder',
      'out',
      'ric',
      'help',
    );
    const documented = [...demoHelp.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name);
    expect(documented).toEqual(names);
    expect(demoHelp).toMatch(/--partitions .* 1 to 1000 \(default 3\)/);
    expect(demoHelp).toMatch(/--batch-size .* 1 to 10000 \(default 10000; 50 with failures\)/);
    expect(demoHelp).toMatch(/--batch-window .* 0 to 300 \(default 1\)/);
  });
});
