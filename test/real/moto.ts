import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { providePythonPackage } from '../../tools/local/real-servers/python-package.ts';
import { answers, freePort, untilInputEnds } from '../../tools/local/real-servers/real-s3.ts';

/** Other implementations of S3, SQS and the rest of AWS than ours, and none of the project's. */
const SERVER = 'moto[server]==5.2.5';

/** A server that runs. */
export interface Moto {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  close(): Promise<void>;
}

/**
 * Starts moto's server on the loopback interface and a free port, installing it the first time, and
 * returns when it answers. It ends with this process at the latest.
 *
 * @throws {ArchiverError} where it cannot be installed
 * @throws {Error} when it does not start
 */
export async function startMoto(): Promise<Moto> {
  const program = join(await providePythonPackage(SERVER), 'moto_server');
  const port = String(await freePort());
  const server = [program, '-H', '127.0.0.1', '-p', port];
  const child = spawn('sh', ['-c', untilInputEnds, 'sh', ...server], {
    env: { PATH: process.env.PATH },
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const said = text(child.stderr);
  const ended = once(child, 'exit');
  const close = async () => {
    child.stdin.end();
    await ended;
  };
  const endpoint = `http://127.0.0.1:${port}`;
  if (await answers(endpoint, child)) return { endpoint, close };
  await close();
  throw new Error(`${program} does not answer at ${endpoint}: ${(await said).trim()}`);
}
