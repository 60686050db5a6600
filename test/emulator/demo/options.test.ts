import { describe, expect, it } from 'vitest';
import { type DemoOptions, demoHelp, parseDemoOptions } from '../../../emulator/demo/options.ts';
import { ArchiverError } from '../../../lambda/core/errors.ts';

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
  out: 'demo-out',
  ric: false,
};

const parse = (line: string) => parseDemoOptions(line === '' ? [] : line.split(' '));

/** The message that a command line is refused with. */
function refusalOf(line: string): string {
  try {
    parse(line);
  } catch (error) {
    if (!(error instanceof ArchiverError) || error.code !== 'INVALID_SETTINGS') throw error;
    return error.message;
  }
  return 'none';
}

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
        `--${name} must be a whole number from ${min} to ${max}, got '${value}'; see npm run demo -- --help`,
      );
    }
  });

  it.each([
    ['--compression lz4', "--compression must be one of gzip, zstd, none, got 'lz4'"],
    ['--time-folder year', "--time-folder must be one of hour, day, none, got 'year'"],
    ['--compression=', "--compression must be one of gzip, zstd, none, got ''"],
  ])('refuses "%s"', (line, message) => {
    expect(refusalOf(line)).toBe(`${message}; see npm run demo -- --help`);
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
    expect(refusalOf(line)).toMatch(/; see npm run demo -- --help$/);
  });
});

describe('help', () => {
  it('names every option, and the numbers that it may be', () => {
    const names = ['input', 'key', 'timestamp', 'records', 'partitions', 'batch-size'];
    names.push('batch-window', 'pollers', 'compression', 'time-folder', 'out', 'ric', 'help');
    const documented = [...demoHelp.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name);
    expect(documented).toEqual(names);
    expect(demoHelp).toMatch(/--partitions .* 1 to 1000 \(default 3\)/);
    expect(demoHelp).toMatch(/--batch-size .* 1 to 10000 \(default 10000\)/);
    expect(demoHelp).toMatch(/--batch-window .* 0 to 300 \(default 1\)/);
  });
});
