import { expect, it } from 'vitest';
import { run } from '../../../../cli/command.ts';
import { emulateCommand } from '../../../local/emulate/command.ts';
import type { EmulateOptions } from '../../../local/emulate/options.ts';
import { archiver } from '../../peers/archiver.ts';

it('starts this archiver with a command line that npm run emulate accepts', async () => {
  const peer = await archiver.install();
  const { args } = peer.command({
    ...{ brokers: 'a:1', topic: 'orders', group: 'g', bucket: 'b', folder: 'out', isWhole: true },
    s3: {
      endpoint: 'http://127.0.0.1:9000',
      credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
    },
  });
  const started: EmulateOptions[] = [];
  const output: string[] = [];
  const print = (text: string) => output.push(text);
  const runEmulate = async (options: EmulateOptions) => {
    started.push(options);
    return true;
  };
  const command = emulateCommand({ environment: {}, runEmulate });

  const exitCode = await run(command, args.slice(1), { print, printError: print });

  expect({ exitCode, output }).toEqual({ exitCode: 0, output: [] });
  expect(started).toMatchObject([
    {
      ...{ connection: { brokers: ['a:1'] }, topics: ['orders'], bucket: 'b', out: 'out' },
      ...{ compression: 'gzip', s3Endpoint: 'http://127.0.0.1:9000' },
    },
  ]);
});
