import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { providePythonPackage } from '../../tools/local/real-servers/python-package.ts';

/** For the services whose JavaScript SDK the project has no use for. */
const SDK = 'boto3==1.44.8';

/** A call: the service, the operation as boto3 names it, its parameters. */
export type Boto3Call = readonly [
  service: 'iam' | 'kms' | 'lambda' | 'logs' | 'sns',
  operation: string,
  parameters: Readonly<Record<string, unknown>>,
];

/** Where calls go. */
export interface Boto3Target {
  readonly endpoint: string;
  readonly region: string;
}

/**
 * Makes calls with AWS's SDK for Python, which is installed the first time, and returns their answers.
 *
 * @throws {ArchiverError} where it cannot be installed
 * @throws {Error} what Python says, when a call fails
 */
export async function boto3Calls(
  { endpoint, region }: Boto3Target,
  calls: readonly Boto3Call[],
): Promise<readonly unknown[]> {
  const python = join(await providePythonPackage(SDK), 'python');
  const script = join(import.meta.dirname, 'boto3-calls.py');
  const child = spawn(python, [script, endpoint, region], { env: { PATH: process.env.PATH } });
  child.stdin.end(JSON.stringify(calls));
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  if (code !== 0) throw new Error(`a call failed: ${stderr.trim()}`);
  return JSON.parse(stdout);
}
