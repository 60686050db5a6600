import { describe, expect, it } from 'vitest';
import { refusalOf as refusal } from '../../../test/helpers/refusal.ts';
import { allCells, cellName, needsKafka, replayCells, streamCells } from '../cell.ts';
import { cellsOf, type FaultOptions, faultsHelp, parseFaultOptions } from '../options.ts';

const parse = (line: string) => parseFaultOptions(line === '' ? [] : line.split(' '), 17);

const refusalOf = (line: string) => refusal(() => parse(line));

const defaults: FaultOptions = {
  seed: 17,
  faults: 1000,
  parallel: 6,
  kafkaCells: 10,
  only: undefined,
  memoryOnly: false,
  slowUpload: false,
  out: 'faults-out',
};

describe('fault options', () => {
  it.each<[string, Partial<FaultOptions>]>([
    ['', {}],
    ['--seed 0', { seed: 0 }],
    ['--seed 4294967295', { seed: 4_294_967_295 }],
    ['--faults 1', { faults: 1 }],
    ['--faults 1000000', { faults: 1_000_000 }],
    ['--parallel 64', { parallel: 64 }],
    ['--kafka-cells 0', { kafkaCells: 0 }],
    ['--kafka-cells 56', { kafkaCells: 56 }],
    ['--only put/kill', { only: 'put/kill' }],
    ['--only broker-restart', { only: 'broker-restart' }],
    ['--only firehose/', { only: 'firehose/' }],
    ['--memory-only', { memoryOnly: true }],
    ['--slow-upload', { slowUpload: true }],
    ['--out folder', { out: 'folder' }],
  ])('are read from "%s"', (line, options) => {
    expect(parse(line)).toEqual({ ...defaults, ...options });
  });

  it.each(['--help', '--seed x --help'])('are help by "%s"', (line) => {
    expect(parse(line)).toBe('help');
  });

  it.each([
    ['seed', 0, 4_294_967_295],
    ['faults', 1, 1_000_000],
    ['parallel', 1, 64],
    ['kafka-cells', 0, 56],
  ])('have a --%s that is a whole number from %i to %i', (name, min, max) => {
    for (const value of [String(min - 1), String(max + 1), '1.5', 'x', '']) {
      expect(refusalOf(`--${name}=${value}`)).toBe(
        `--${name} must be a whole number from ${min} to ${max}, got '${value}'; see --help`,
      );
    }
  });

  it.each([
    ['--only nothing', 'nothing'],
    ['--only kill/put', 'kill/put'],
    ['--only leader-change --memory-only', 'leader-change'],
  ])('are not "%s", which is no cell', (line, only) => {
    expect(refusalOf(line)).toBe(
      `--only must be part of a cell's name, such as put/kill/first, got '${only}'; see --help`,
    );
  });

  it('are not a flag that there is not', () => {
    expect(refusalOf('--bogus')).toMatch(/'--bogus'.*; see --help$/);
  });

  it('are all in the help', () => {
    const documented = [...faultsHelp.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name);
    expect(documented.sort()).toEqual(
      ['seed', 'faults', 'only', 'parallel', 'kafka-cells', 'memory-only', 'slow-upload']
        .concat('out', 'help')
        .sort(),
    );
  });
});

describe('cells that are asked for', () => {
  it('are all of them', () => {
    expect(cellsOf({ only: undefined, memoryOnly: false })).toEqual([
      ...allCells(),
      ...replayCells(),
      ...streamCells(),
    ]);
  });

  it('are those of a name', () => {
    const named = cellsOf({ only: 'commit/hang/last/provisioned', memoryOnly: false });
    expect(named.map(({ topology }) => topology)).toEqual([
      ...['one-partition', 'many-partitions', 'rebalance'],
      ...['kafka-rebalance', 'broker-restart', 'leader-change'],
    ]);
  });

  it('are those of the delivery through a stream', () => {
    expect(cellsOf({ only: 'firehose/', memoryOnly: false })).toEqual(streamCells());
  });

  it('are those that need no broker', () => {
    const cells = cellsOf({ only: 'put/kill/first/on-demand', memoryOnly: true });
    expect(cells.map(cellName)).toEqual([
      'put/kill/first/on-demand/one-partition',
      'put/kill/first/on-demand/many-partitions',
      'put/kill/first/on-demand/rebalance',
    ]);
    expect(cellsOf({ only: undefined, memoryOnly: true }).some(needsKafka)).toBe(false);
  });
});
