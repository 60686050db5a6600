import { describe, expect, it } from 'vitest';
import { parsePeersOptions, peersHelp } from '../../peers/options.ts';

describe('parsePeersOptions', () => {
  it('has a default for everything', () => {
    expect(parsePeersOptions([])).toEqual({
      runs: 3,
      topics: [
        { size: '1kb', megabytes: 500 },
        { size: '100b', megabytes: 50 },
      ],
      peers: ['archiver', 'old-service', 'benthos', 'kafka-connect'],
      rate: 5000,
      rateSeconds: 60,
      json: undefined,
    });
  });

  it('takes what is given', () => {
    const args =
      '--runs 1 --values 100b --megabytes 7 --peers benthos,old-service-parsing --skip-delay --json x.json';
    expect(parsePeersOptions(args.split(' '))).toEqual({
      runs: 1,
      topics: [{ size: '100b', megabytes: 7 }],
      peers: ['benthos', 'old-service-parsing'],
      rate: 5000,
      rateSeconds: 0,
      json: 'x.json',
    });
    expect(parsePeersOptions(['--rate', '100', '--rate-seconds', '5'])).toMatchObject({
      ...{ rate: 100, rateSeconds: 5 },
    });
    expect(parsePeersOptions(['--skip-topics'])).toMatchObject({ topics: [], rateSeconds: 60 });
  });

  it.each([
    [['--runs', '0'], "--runs must be a whole number from 1 to 100, got '0'"],
    [['--megabytes', '1.5'], "--megabytes must be a whole number from 1 to 100000, got '1.5'"],
    [['--rate', '99'], "--rate must be a whole number from 100 to 50000, got '99'"],
    [['--rate-seconds', '4'], "--rate-seconds must be a whole number from 5 to 3600, got '4'"],
    [['--values', '1kb,2kb'], "--values must be one of 1kb, 100b, got '2kb'"],
    [['--values', ','], '--values needs one of 1kb, 100b at least'],
    [
      ['--peers', 'flume'],
      "--peers must be one of archiver, old-service, benthos, kafka-connect, archiver-zstd, old-service-parsing, got 'flume'",
    ],
    [['--skip-delay', '--rate', '1000'], '--rate means nothing with --skip-delay'],
    [['--skip-topics', '--values', '1kb'], '--values means nothing with --skip-topics'],
    [['--skip-topics', '--skip-delay'], '--skip-delay and --skip-topics leave nothing to do'],
    [['--fast'], "Unknown option '--fast'"],
  ])('refuses %j', (args, message) => {
    expect(() => parsePeersOptions(args)).toThrow(message);
  });

  it('gives help, which names every option', () => {
    expect(parsePeersOptions(['--help'])).toBe('help');
    const names = 'runs values megabytes peers rate rate-seconds skip-delay skip-topics json help';
    for (const name of names.split(' ')) expect(peersHelp).toContain(`\n  --${name} `);
  });
});
