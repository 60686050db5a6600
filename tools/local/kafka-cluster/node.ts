import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Distribution } from './distribution.ts';
import { KafkaClusterError } from './errors.ts';

/** Number of brokers of a cluster; three is the smallest number that tolerates the loss of one. */
export type BrokerCount = 1 | 3;

/** Roles of a process of a cluster. A single broker is its own controller. */
export type NodeRoles = 'broker,controller' | 'broker' | 'controller';

/** The id of a controller that is not a broker. */
export const CONTROLLER_ID = 100;

/** Milliseconds between checks whether a process has ended. */
const LOOK_MS = 20;
/** Milliseconds that a node may take to shut down before it is killed. */
const SHUTDOWN_LIMIT_MS = 30_000;

const MAIN_CLASS = 'kafka.Kafka';

/** A process of a cluster, and its files. */
export interface Node {
  /** Brokers are 1, or 1, 2 and 3. */
  readonly id: number;
  /** Such as `broker 1`. */
  readonly name: string;
  readonly roles: NodeRoles;
  readonly folder: string;
  readonly properties: string;
  readonly data: string;
  /** Its standard output and error: warnings and errors. */
  readonly log: string;
  /** Contains the process id while it runs. */
  readonly pid: string;
}

/**
 * The processes of a cluster: brokers in the order of their ids, followed by the controller of three
 * brokers. It is a process of its own, so that any broker can be stopped without it.
 */
export function clusterNodes(clusterFolder: string, brokers: BrokerCount): Node[] {
  if (brokers === 1) return [nodeOf(clusterFolder, 1, 'broker,controller')];
  const ids = Array.from({ length: brokers }, (_, index) => index + 1);
  return [
    ...ids.map((id) => nodeOf(clusterFolder, id, 'broker')),
    nodeOf(clusterFolder, CONTROLLER_ID, 'controller'),
  ];
}

function nodeOf(clusterFolder: string, id: number, roles: NodeRoles): Node {
  const name = roles === 'controller' ? 'controller' : `broker ${id}`;
  const folder = join(clusterFolder, name.replace(' ', '-'));
  const fileOf = (file: string) => join(folder, file);
  return {
    ...{ id, name, roles, folder, properties: fileOf('server.properties') },
    ...{ data: fileOf('data'), log: fileOf('kafka.log'), pid: fileOf('kafka.pid') },
  };
}

/**
 * Starts a node, which needs seconds until it responds. Signals of the terminal do not reach it, but
 * it is killed when this process ends, even by SIGKILL.
 *
 * @returns a function that lets the node outlive this process
 * @throws {KafkaClusterError} if Java cannot be run
 */
export function spawnNode(node: Node, kafka: Distribution): () => void {
  const log = openSync(node.log, 'w');
  const child = spawn(kafka.java, [...kafka.options, MAIN_CLASS, node.properties], {
    cwd: node.folder,
    detached: true,
    // In the environment, to keep the list of processes readable.
    env: { ...process.env, CLASSPATH: kafka.classPath },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const { pid } = child;
  child.once('error', () => undefined);
  if (pid === undefined) throw new KafkaClusterError(`${kafka.java} could not be started`);
  writeFileSync(node.pid, `${pid}\n`);
  child.unref();
  // The shell's input closes when this process ends, however it ends.
  const command = 'read -r line; kill -9 "$1"';
  const guard = spawn('/bin/sh', ['-c', command, 'sh', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.unref();
  const release = () => void guard.kill('SIGKILL');
  child.once('exit', release);
  return release;
}

/** The id of the node's process; undefined if it does not run. */
export function runningPid(node: Node): number | undefined {
  if (!existsSync(node.pid)) return undefined;
  const pid = Number.parseInt(readFileSync(node.pid, 'utf8'), 10);
  if (!Number.isSafeInteger(pid) || pid <= 1) return undefined;
  // The id may belong to another process by now.
  const isNode = commandLine(pid).trimEnd().endsWith(` ${MAIN_CLASS} ${node.properties}`);
  return isNode ? pid : undefined;
}

/** Program and arguments of a process, separated by spaces; empty if there is none. */
function commandLine(pid: number): string {
  if (!existsSync('/proc/self/cmdline')) {
    const options = ['-ww', '-o', 'args=', '-p', String(pid)];
    return spawnSync('ps', options, { encoding: 'utf8' }).stdout;
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** Shuts a node down, by force if that takes too long, and returns whether it was running. */
export async function stopNode(node: Node): Promise<boolean> {
  const pid = runningPid(node);
  if (pid === undefined) return false;
  signal(pid, 'SIGTERM');
  if (!(await hasEnded(node, pid, Date.now() + SHUTDOWN_LIMIT_MS))) await killNode(node);
  return true;
}

/** Kills a node, as a power failure would, and returns when its process has ended. */
export async function killNode(node: Node): Promise<void> {
  const pid = runningPid(node);
  if (pid === undefined) return;
  signal(pid, 'SIGKILL');
  await hasEnded(node, pid, Number.POSITIVE_INFINITY);
}

async function hasEnded(node: Node, pid: number, limit: number): Promise<boolean> {
  while (runningPid(node) === pid) {
    if (Date.now() > limit) return false;
    await delay(LOOK_MS);
  }
  rmSync(node.pid, { force: true });
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended already.
  }
}
