import { describe, expect, it } from 'vitest';
import { run } from '../../../../cli/command.ts';
import { emulateCommand } from '../../emulate/command.ts';
import type { EmulateOptions } from '../../emulate/options.ts';
import { mappingSettings } from '../../mapping/settings.ts';
import { noon } from '../source-records.ts';

/** Runs a command line with an emulator that does nothing. */
async function parse(line: string, isDone = true) {
  let options: EmulateOptions | undefined;
  const output: string[] = [];
  const print = (text: string) => output.push(text);
  const command = emulateCommand({
    environment: {},
    runEmulate: async (given) => {
      options = given;
      return isDone;
    },
  });
  const exitCode = await run(command, line.split(' '), { print, printError: print });
  return { exitCode, options, output: output.join('\n') };
}

const cluster = '--brokers a:1 --topics orders';

describe('npm run emulate', () => {
  it('has defaults for everything except brokers and topics', async () => {
    const { exitCode, options } = await parse(cluster);
    expect(exitCode).toBe(0);
    expect(options).toEqual({
      connection: { brokers: ['a:1'] },
      topics: ['orders'],
      groupOf: expect.any(Function),
      startingPosition: 'earliest',
      isPositionGiven: false,
      outOfRange: 'earliest',
      sessionTimeoutMs: 45_000,
      mapping: mappingSettings({ batchWindow: 1 }),
      compression: 'gzip',
      timeFolder: 'hour',
      ...{ objectOf: 'batch', keyEncoding: { '*': 'auto' }, valueEncoding: { '*': 'auto' } },
      objectPrefix: '',
      out: 'emulate-out',
      s3Endpoint: undefined,
      bucket: 'archive',
      failedBucket: undefined,
    });
    expect(options?.groupOf('orders')).toBe('msk-s3-archiver-orders');
  });

  it.each<[string, Partial<EmulateOptions>]>([
    ['--starting-position latest', { startingPosition: 'latest', isPositionGiven: true }],
    ['--starting-position 2025-11-23T10:53:20Z', { startingPosition: { timestamp: noon } }],
    ['--out-of-range stop --session-timeout 1', { outOfRange: 'stop', sessionTimeoutMs: 1000 }],
    [
      '--batch-size 5 --batch-window 0 --pollers 2',
      { mapping: mappingSettings({ batchSize: 5, batchWindow: 0, pollers: 2 }) },
    ],
    [
      '--object-of partition --key-encoding base64 --value-encoding text',
      {
        ...{ objectOf: 'partition', keyEncoding: { '*': 'base64' } },
        valueEncoding: { '*': 'text' },
      },
    ],
    ['--prefix a/ --bucket b --failed-bucket f', { objectPrefix: 'a/', failedBucket: 'f' }],
  ])('accepts %s', async (flags, expected) => {
    const { options } = await parse(`${cluster} ${flags}`);
    expect(options).toMatchObject(expected);
  });

  it.each([
    ['--brokers a:1', "required option '--topics <list>' not specified"],
    ['--topics orders', '--brokers or the environment variable KAFKA_BOOTSTRAP_SERVERS'],
    ['--brokers a:1 --topics a,b --group g', '--group must contain {topic} for several topics'],
    [`${cluster} --starting-position noon`, 'It must be earliest, latest or an ISO 8601 time'],
    [`${cluster} --prefix a`, 'It must be empty or end with /'],
    [`${cluster} --failed-bucket archive`, '--failed-bucket must differ from --bucket'],
  ])('refuses %s in one line', async (line, message) => {
    const { exitCode, options, output } = await parse(line);
    expect(output).toContain(message);
    expect(output).toMatch(/^.*; see 'npm run emulate -- --help'$/);
    expect({ exitCode, options }).toEqual({ exitCode: 2, options: undefined });
  });

  it('exits with 1 if it cannot continue', async () => {
    expect((await parse(cluster, false)).exitCode).toBe(1);
  });
});
