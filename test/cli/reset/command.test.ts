import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { resetHelp } from '../../../cli/reset/help.ts';
import { startLambda } from './lambda-server.ts';
import { ordersMapping, uuid } from './reset-console.ts';

const script = join(import.meta.dirname, '..', '..', '..', 'bin', 'reset.ts');

/** Nothing of the machine's own AWS. */
const env = {
  PATH: process.env.PATH,
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
};

async function reset(...args: string[]) {
  const child = spawn(process.execPath, [script, ...args], { env });
  child.stdin.end();
  const closed = once(child, 'close');
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code, out, err };
}

const orders = ['--topic', 'orders', '--to-earliest'];

describe('the command', { timeout: 60_000 }, () => {
  it('prints its help', async () => {
    expect(await reset('--help')).toEqual({ code: 0, out: resetHelp, err: '' });
  });

  it('ends with 2 for a wrong command line', async () => {
    expect(await reset()).toEqual({ code: 2, out: '', err: 'give the --topic; see --help\n' });
    expect(await reset(...orders, '--sasl', 'AWS_MSK_IAM')).toEqual({
      code: 2,
      out: '',
      err: "this program does not speak the IAM authentication of MSK: give a listener with SASL/SCRAM, or --print-commands for the commands that do it with Kafka's own tools; see --help\n",
    });
  });

  it('ends with 1, in one line, for what could not be done', async () => {
    expect(await reset(...orders, '--brokers', '127.0.0.1:1', '--region', 'eu-west-1')).toEqual({
      code: 1,
      out: '',
      err: "outputs of the stack 'KafkaArchive' failed: CredentialsProviderError: Could not load credentials from any providers; log in, with 'aws sso login' for example, or give another --profile\n",
    });
  });

  it('ends with 2 where no broker answers, with the mapping as it was', async () => {
    const lambda = await startLambda({ mappings: [ordersMapping()] });
    onTestFinished(lambda.close);
    const flags = ['--mapping', uuid, '--lambda-endpoint', lambda.endpoint, '--yes'];
    const { code, err, out } = await reset(...orders, ...flags, '--brokers', '127.0.0.1:1');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^cannot reach 127\.0\.0\.1:1 with plain text: .*\n$/);
    expect(lambda.journal).toEqual(['GET Enabled']);
  });

  it('ends with 0 when the commands are printed', async () => {
    const flags = ['--print-commands', '--mapping', uuid, '--group', 'shop-orders'];
    const { code, err, out } = await reset(...orders, ...flags);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('IAMClientCallbackHandler\n');
    expect(out).toContain(`aws lambda update-event-source-mapping --uuid ${uuid} --enabled\n`);
  });
});
