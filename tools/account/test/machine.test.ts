import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createExecute, toAnswer } from '../machine.ts';
import { aws, awsAllowed, run } from '../step.ts';

/** Runs commands with a program named `aws` that is this script. */
function executeWith(script: string) {
  const folder = mkdtempSync(join(tmpdir(), 'verify-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'aws'), `#!${process.execPath}\n${script}`);
  chmodSync(join(folder, 'aws'), 0o755);
  const environment = { PATH: `${folder}${delimiter}${process.env.PATH}` };
  const kafka = async () => ({ ok: true }) as const;
  return createExecute({ region: 'eu-west-1', profile: 'admin', environment, kafka });
}

const PRINT = `
const [, , service, , ...args] = process.argv;
const { AWS_ACCESS_KEY_ID: key = null, AWS_PROFILE: profile = null, AWS_REGION: region } = process.env;
console.log(JSON.stringify(service === 'sts'
  ? { AccessKeyId: 'session', SecretAccessKey: 'secret', SessionToken: 'token' }
  : { key, profile, region, args }));`;

describe('the AWS CLI', () => {
  it('is called with the region and the profile, and answers JSON', async () => {
    expect(await executeWith(PRINT)(aws('kafka list-clusters --x 1'))).toEqual({
      ok: true,
      output: {
        ...{ key: null, profile: 'admin', region: 'eu-west-1' },
        args: ['--x', '1', '--output', 'json'],
      },
    });
  });

  it("is called with a session's credentials in place of the profile", async () => {
    const command = awsAllowed(['kafka:ListClusters'], '*', 'kafka list-clusters');
    expect(await executeWith(PRINT)(command)).toMatchObject({
      output: { key: 'session', profile: null },
    });
  });

  it('fails with a code of its own if the role cannot be assumed', async () => {
    const refusal =
      'An error occurred (AccessDenied) when calling the AssumeRole operation: not authorized';
    const execute = executeWith(`console.error('${refusal}'); process.exit(254);`);
    const command = awsAllowed(['kafka:ListClusters'], '*', 'kafka list-clusters');
    expect(await execute(command)).toEqual({
      ...{ ok: false, code: 'CannotAssumeRole' },
      message: 'AccessDenied: not authorized',
    });
  });

  it('deletes every version of every object, page by page', async () => {
    const execute = executeWith(`
const { appendFileSync, existsSync, readFileSync } = require('node:fs');
const log = __filename + '.log';
const calls = existsSync(log) ? readFileSync(log, 'utf8').split('\\n').length - 1 : 0;
appendFileSync(log, JSON.stringify(process.argv.slice(3)) + '\\n');
const page = (Key) => [[{ Key, VersionId: 'v', ETag: 'e' }], null];
const answers = [page('a'), null, page('b'), null, [null, null]];
console.log(JSON.stringify(answers[calls]));`);
    expect(await execute(run('empty-bucket', 'bucket'))).toEqual({ ok: true });
  });

  it('must be installed', async () => {
    const kafka = async () => ({ ok: true }) as const;
    const execute = createExecute({
      region: 'x',
      profile: undefined,
      environment: { PATH: '' },
      kafka,
    });
    await expect(execute(aws('sts x'))).rejects.toThrow("'aws' is not installed");
  });

  it.each([
    [
      '\naws: [ERROR]: An error occurred (AccessDenied) when calling the PutObject operation: Access\nDenied\n',
      { ok: false, code: 'AccessDenied', message: 'Access Denied' },
    ],
    [
      'An error occurred (ValidationError) when calling the DescribeStacks operation (reached max retries: 2): Stack x: gone',
      { ok: false, code: 'ValidationError', message: 'Stack x: gone' },
    ],
    ['Waiter failed\n', { ok: false, code: 'Failed', message: 'Waiter failed' }],
  ])('fails with the code in %j', (stderr, answer) => {
    expect(toAnswer({ code: 254, stdout: '', stderr })).toEqual(answer);
  });
});
