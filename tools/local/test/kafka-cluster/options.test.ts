import { describe, expect, it } from 'vitest';
import { type KafkaCommand, kafkaHelp, parseKafkaCommand } from '../../kafka-cluster/options.ts';
import { refusalOf } from './fake-programs.ts';

const start: KafkaCommand = {
  command: 'start',
  folder: '.kafka',
  brokers: undefined,
  port: 9092,
  secure: undefined,
};

const parse = (line: string) => parseKafkaCommand(line === '' ? [] : line.split(' '));
const refusal = (line: string) => refusalOf(() => parse(line));

describe('kafka options', () => {
  it.each<[string, Partial<KafkaCommand>]>([
    ['start', {}],
    ['start --folder /tmp/x', { folder: '/tmp/x' }],
    ['--folder=x start', { folder: 'x' }],
    ['start --brokers 1', { brokers: 1 }],
    ['start --brokers 3', { brokers: 3 }],
    ['start --port 1', { port: 1 }],
    ['start --port 65515', { port: 65_515 }],
    ['start --secure', { secure: true }],
    ['stop', { command: 'stop' }],
    ['stop --folder x', { command: 'stop', folder: 'x' }],
    ['status', { command: 'status' }],
  ])('reads "%s"', (line, options) => {
    expect(parse(line)).toEqual({ ...start, ...options });
  });

  it('gives help when asked for it, whatever else is asked', () => {
    expect(parse('--help')).toBe('help');
    expect(parse('start --brokers 2 --help')).toBe('help');
  });

  it.each([
    ['', "the command must be one of start, stop, status, got ''"],
    ['restart', "the command must be one of start, stop, status, got 'restart'"],
    ['start stop', "the command must be one of start, stop, status, got 'start stop'"],
    ['start --brokers 2', "--brokers must be 1 or 3, got '2'"],
    ['start --brokers=', "--brokers must be 1 or 3, got ''"],
    ['start --port 0', "--port must be a whole number from 1 to 65515, got '0'"],
    ['start --port 65516', "--port must be a whole number from 1 to 65515, got '65516'"],
    ['start --port 1e3', "--port must be a whole number from 1 to 65515, got '1e3'"],
    ['start --folder=', '--folder must not be empty'],
    ['stop --brokers 3', '--brokers, --port and --secure are for start, not for stop'],
    ['status --port 1', '--brokers, --port and --secure are for start, not for status'],
    ['stop --secure', '--brokers, --port and --secure are for start, not for stop'],
  ])('refuses "%s"', async (line, message) => {
    expect(await refusal(line)).toBe(`${message}; see npm run kafka -- --help`);
  });

  it.each([
    ['start --bogus', /'--bogus'/],
    ['start --port', /'--port/],
    ['start --secure=yes', /'--secure'/],
  ])('refuses "%s" by name, and points to the help', async (line, name) => {
    expect(await refusal(line)).toMatch(name);
    expect(await refusal(line)).toMatch(/; see npm run kafka -- --help$/);
  });
});

describe('help', () => {
  it('names every command and option, and the numbers that it may be', () => {
    const words = [...kafkaHelp.matchAll(/^ {2}(?:--)?([a-z]+) /gm)].map(([, word]) => word);
    const options = ['folder', 'brokers', 'port', 'secure', 'help'];
    expect(words).toEqual(['start', 'stop', 'status', ...options]);
    expect(kafkaHelp).toMatch(/--brokers N +1 or 3 \(default 1, /);
    expect(kafkaHelp).toMatch(/--port N .* 1 to 65515 \(default 9092\)/);
    expect(kafkaHelp).toContain('secured listeners are 10 above, the controller 20 above');
  });
});
