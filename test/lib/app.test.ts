import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterArn } from './settings-fixture.ts';

const root = join(import.meta.dirname, '../..');
const COMMAND_TIMEOUT_MS = 120_000;

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(command: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    // Both save seconds without weakening the test: archive-stack.test.ts runs CloudFormation's own rules, and
    // compiled code is kept between runs.
    const env = {
      ...process.env,
      CDK_VALIDATION: 'false',
      NODE_COMPILE_CACHE: join(tmpdir(), 'msk-s3-archiver-compiled'),
    };
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      output.stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output.stderr += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...output }));
  });
}

const settings = ['-c', `clusterArn=${clusterArn}`, '-c', 'topics=orders, payments'];

/** The lines of the output that refer to code, as a stack trace does. */
const traceOf = ({ stdout, stderr }: Outcome): string[] =>
  `${stdout}\n${stderr}`.split('\n').filter((line) => /^\s+at |\.(ts|mjs|js):\d+/.test(line));

describe('cdk synth', () => {
  let folder: string;
  let nothingSet: Outcome;
  let finding: Outcome;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'app-'));
    const synth = (name: string, args: readonly string[]): Promise<Outcome> =>
      run('npx', ['cdk', 'synth', '--quiet', '--output', join(folder, name), ...args]);
    const app = 'node test/fixtures/lib/app-with-finding.ts';
    [nothingSet, finding] = await Promise.all([
      synth('nothing', []),
      synth('finding', [...settings, '--app', app]),
    ]);
  }, COMMAND_TIMEOUT_MS);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('says which settings are required, with an example and no stack trace', () => {
    expect(nothingSet.code).toBe(1);
    expect(nothingSet.stdout).toBe('');
    expect(nothingSet.stderr).toContain(
      [
        'topics must name at least one topic, got nothing',
        'clusterArn or bootstrapServers must be set, got neither',
        'example: npx cdk synth -c clusterArn=arn:aws:kafka:',
      ].join('\n'),
    );
    expect(traceOf(nothingSet)).toEqual([]);
  });

  it('fails on findings of cdk-nag, and finds only the planted ones', () => {
    expect(finding.code).toBe(1);
    const findings = new Set(finding.stderr.match(/AwsSolutions-\w+/g));
    expect(findings).toEqual(new Set(['AwsSolutions-S1', 'AwsSolutions-S10']));
  });
});

it('asks for a newer Node in one line', async () => {
  const oldNode =
    "data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'22.17.1'}})";
  const guard = ['--import', oldNode, '--import', './bin/require-node.mjs'];

  const outcome = await run(process.execPath, [...guard, '--eval', 'console.log("started")']);

  expect(outcome).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /^msk-s3-archiver needs Node 22\.18 or later, but this is 22\.17\.1: .+\n$/,
    ),
  });
});
