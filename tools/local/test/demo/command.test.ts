import { describe, expect, it } from 'vitest';
import { run } from '../../../../cli/command.ts';
import { demoCommand } from '../../demo/command.ts';
import type { DemoOptions } from '../../demo/options.ts';
import { demoOptions } from './demo-options.ts';

interface Outcome {
  readonly exitCode: number;
  readonly options: DemoOptions | undefined;
  readonly output: string;
}

/** Runs a command line with a demo that does nothing. */
async function parse(line: string, isKept = true): Promise<Outcome> {
  let options: DemoOptions | undefined;
  const output: string[] = [];
  const print = (text: string) => output.push(text);
  const command = demoCommand({
    environment: { KAFKA_BOOTSTRAP_SERVERS: 'b:9092', KAFKA_PASSWORD: 'secret' },
    runDemo: async (given) => {
      options = given;
      return isKept;
    },
  });
  const args = line.split(' ').filter((arg) => arg !== '');
  const exitCode = await run(command, args, { print, printError: print });
  return { exitCode, options, output: output.join('\n') };
}

describe('npm run demo', () => {
  it.each<[string, Partial<DemoOptions>]>([
    ['', {}],
    ['--input a.jsonl --key id --timestamp a.b', { input: 'a.jsonl', key: 'id', timestamp: 'a.b' }],
    ['--records 5 --partitions 7 --batch-size 9', { records: 5, partitions: 7, batchSize: 9 }],
    [
      '--object-of partition --key-encoding text --value-encoding base64',
      {
        ...{ objectOf: 'partition', keyEncoding: { '*': 'text' } },
        valueEncoding: { '*': 'base64' },
      },
    ],
    ['--fail-rate .5', { failRate: 0.5, batchSize: 50 }],
    ['--fail-rate 1 --dead-letters 3', { failRate: 1, batchSize: 50, deadLetters: 3 }],
    ['--outage 2m --batch-size 7 --keep', { outage: 120, batchSize: 7, keep: true }],
    ['--delivery firehose', { stream: { bufferMiB: 64, bufferSeconds: 3 } }],
    [
      '--delivery firehose --buffer-mib 1 --buffer-seconds 0 --compression none',
      { stream: { bufferMiB: 1, bufferSeconds: 0 }, compression: 'none' },
    ],
    ['--kafka', { kafka: { connection: { brokers: ['b:9092'] }, topics: undefined } }],
    [
      '--brokers a:1 --tls --topics orders,payments',
      { kafka: { connection: { brokers: ['a:1'], tls: {} }, topics: ['orders', 'payments'] } },
    ],
  ])('accepts %j', async (line, parts) => {
    expect(await parse(line)).toEqual({ exitCode: 0, options: demoOptions(parts), output: '' });
  });

  it.each([
    ['--partitions 0', 'It must be a whole number from 1 to 1000'],
    ['--object-of run', 'Allowed choices are batch, partition'],
    ['--fail-rate 1.5', 'It must be a number from 0 to 1'],
    ['--outage 11m', '--outage must be from 1s to 10m'],
    ['--records 5 --key id', '--records excludes --input, --key and --timestamp'],
    ['--key id', '--key and --timestamp need --input'],
    ['--keep', '--keep needs --fail-rate or --outage'],
    ['--kafka --input - --topics a,b', '--input - can fill a single topic'],
    ['--outage 2s --dead-letters 3', '--dead-letters needs --fail-rate'],
    ['--topics orders', '--topics needs --kafka or --brokers'],
    ['--kafka --topics a/b', "--topics must be names of letters, digits, '.', '_' and '-'"],
    ['--buffer-mib 5', '--buffer-mib and --buffer-seconds need --delivery firehose'],
    ['--delivery firehose --compression zstd', 'needs --compression gzip or none'],
    ['--unknown', "unknown option '--unknown'"],
  ])('refuses %j in one line', async (line, message) => {
    const { exitCode, options, output } = await parse(line);
    expect(output).toContain(message);
    expect(output).toMatch(/^.*; see 'npm run demo -- --help'$/);
    expect({ exitCode, options }).toEqual({ exitCode: 2, options: undefined });
  });

  it('exits with 1 if the run did not keep its guarantee', async () => {
    expect(await parse('', false)).toMatchObject({ exitCode: 1, output: '' });
  });
});
