import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { KafkaClusterError } from './errors.ts';
import type { JavaCommand } from './java.ts';
import type { NodeFiles } from './node-files.ts';

/** Milliseconds between looks at whether a process is gone. */
const LOOK_MS = 20;

/** Milliseconds that a node may take to shut down before it is killed. */
const SHUTDOWN_LIMIT_MS = 15_000;

/** Milliseconds after which a process that does not even end by force is given up. */
const KILL_LIMIT_MS = 10_000;

const MAIN_CLASS = 'kafka.Kafka';

/** A node's process. */
export interface NodeProcess {
  readonly node: NodeFiles;
  readonly pid: number;
  /** Where in the log file its output begins, in bytes. */
  readonly logStart: number;
  /** Lets it go on when this process ends; else it is killed then. */
  release(): void;
}

/**
 * Starts a node, which takes seconds to answer. No signal of the terminal reaches it.
 *
 * @throws {KafkaClusterError} when Java cannot be run
 */
export function spawnNode(node: NodeFiles, java: JavaCommand): NodeProcess {
  const log = openSync(node.log, 'a');
  const logStart = fstatSync(log).size;
  const child = spawn(java.program, [...java.options, MAIN_CLASS, node.properties], {
    cwd: node.folder,
    detached: true,
    // By the environment, so that a list of processes stays readable.
    env: { ...process.env, CLASSPATH: java.classPath },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const { pid } = child;
  // Told by the absent process id below.
  child.once('error', () => undefined);
  if (pid === undefined) throw new KafkaClusterError(`${java.program} could not be started`);
  writeFileSync(node.pid, `${pid}\n`);
  child.unref();
  const release = killWithThisProcess(pid);
  child.once('exit', release);
  return { node, pid, logStart, release };
}

/**
 * Has a process killed when this one ends, be it by a signal; the function that it returns calls
 * that off.
 */
function killWithThisProcess(pid: number): () => void {
  // What it reads from ends with this process, and no handler of this process could see a SIGKILL.
  const guard = spawn('/bin/sh', ['-c', 'read -r line; kill -9 "$1"', 'sh', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.unref();
  return () => void guard.kill('SIGKILL');
}

/** The id of the node's process; nothing when it does not run, or the id is another's by now. */
export function runningPid(node: NodeFiles): number | undefined {
  if (!existsSync(node.pid)) return undefined;
  const pid = Number.parseInt(readFileSync(node.pid, 'utf8'), 10);
  if (!Number.isSafeInteger(pid) || pid <= 1) return undefined;
  return isNodeCommand(commandLine(pid), node.properties) ? pid : undefined;
}

/** Whether that is the command line of the node with those settings. */
export function isNodeCommand(command: string, propertiesFile: string): boolean {
  return command.trimEnd().endsWith(` ${MAIN_CLASS} ${propertiesFile}`);
}

/** Program and arguments of a process, with blanks between; empty when there is none. */
function commandLine(pid: number): string {
  if (!existsSync('/proc/self/cmdline')) {
    const options = ['-ww', '-o', 'args=', '-p', String(pid)];
    return spawnSync('ps', options, { encoding: 'utf8' }).stdout;
  }
  try {
    // Empty also for a process that ended and was not waited for yet.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/**
 * Shuts a node down, by force when that takes too long, and returns when its process is gone;
 * whether there was one.
 */
export async function stopNode(node: NodeFiles, limitMs = SHUTDOWN_LIMIT_MS): Promise<boolean> {
  const pid = runningPid(node);
  if (pid === undefined) return false;
  signal(pid, 'SIGTERM');
  if (!(await isGone(node, pid, limitMs))) await killNode(node);
  return true;
}

/**
 * Kills a node as a power cut would, and returns when its process is gone; whether there was one.
 *
 * @throws {KafkaClusterError} when the system does not end it
 */
export async function killNode(node: NodeFiles): Promise<boolean> {
  const pid = runningPid(node);
  if (pid === undefined) return false;
  signal(pid, 'SIGKILL');
  if (await isGone(node, pid, KILL_LIMIT_MS)) return true;
  throw new KafkaClusterError(`${node.name}, process ${pid}, cannot be killed`);
}

async function isGone(node: NodeFiles, pid: number, limitMs: number): Promise<boolean> {
  const end = Date.now() + limitMs;
  while (runningPid(node) === pid) {
    if (Date.now() > end) return false;
    await delay(LOOK_MS);
  }
  rmSync(node.pid, { force: true });
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}
