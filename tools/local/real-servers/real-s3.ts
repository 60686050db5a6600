import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

const installScript = join(import.meta.dirname, 'install-s3.sh');

/** Milliseconds between looks at whether the server answers, and until it is given up. */
const LOOK_MS = 20;
const START_LIMIT_MS = 30_000;

/** Runs a command until standard input ends: when the caller closes it, or ends in any other way. */
export const untilInputEnds = `
exec 3<&0
"$@" 3<&- &
server=$!
{ cat <&3; kill -KILL "$server"; } >/dev/null 2>&1 &
watcher=$!
wait "$server"
kill "$watcher"
`;

/** A real S3-compatible server that runs. */
export interface RealS3 {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** The one user's, who may do everything. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Stops it, and returns when its process has ended; its objects stay in the folder. */
  close(): Promise<void>;
}

/** Where to run it. */
export interface RealS3Options {
  /** Created if it does not exist; its file system must support extended attributes. */
  readonly folder: string;
  /** A file to which it writes a line for each request. @default - none */
  readonly accessLog?: string;
}

/**
 * Starts the server that `install-s3.sh` installs, on the loopback interface and a free port, and
 * returns when it answers. Its region is us-east-1. It ends with this process at the latest.
 *
 * @throws {Error} when it is not installed (the message has the command), or does not start
 */
export async function startRealS3({ accessLog, folder }: RealS3Options): Promise<RealS3> {
  const program = findServer();
  const address = `127.0.0.1:${await freePort()}`;
  const credentials = { accessKeyId: 'test', secretAccessKey: randomUUID() };
  const root = resolve(folder);
  mkdirSync(root, { recursive: true });
  const log = accessLog === undefined ? [] : ['--access-log', resolve(accessLog)];
  const server = [program, '--port', address, '--keep-alive', '--quiet', ...log, 'posix', root];
  const child = spawn('sh', ['-c', untilInputEnds, 'sh', ...server], {
    env: {
      ROOT_ACCESS_KEY: credentials.accessKeyId,
      ROOT_SECRET_KEY: credentials.secretAccessKey,
      PATH: process.env.PATH,
    },
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const said = text(child.stderr);
  const ended = once(child, 'exit');
  const close = async () => {
    child.stdin.end();
    await ended;
  };
  if (!(await answers(`http://${address}`, child))) {
    await close();
    throw new Error(`${program} does not answer at ${address}: ${(await said).trim()}`);
  }
  return { endpoint: `http://${address}`, credentials, close };
}

function findServer(): string {
  const { stdout, stderr, status, error } = spawnSync('bash', [installScript, '--where'], {
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(stderr.trim());
  return stdout.trim();
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Whether it answers anything at all before its process or the time is over. */
export async function answers(endpoint: string, child: ChildProcess): Promise<boolean> {
  const end = Date.now() + START_LIMIT_MS;
  while (child.exitCode === null && child.signalCode === null && Date.now() < end) {
    const isUp = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (isUp) return true;
    await delay(LOOK_MS);
  }
  return false;
}
