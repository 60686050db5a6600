import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Admin } from '@platformatic/kafka';
import { KafkaClusterError } from './errors.ts';
import { type NodeProcess, runningPid } from './node-process.ts';

/** Milliseconds between attempts to reach a broker that is starting. */
const ATTEMPT_MS = 50;

/** Milliseconds that an attempt may take. */
const ANSWER_MS = 2_000;

/** Milliseconds in which a broker has to answer: many times what a busy machine needs. */
const START_LIMIT_MS = 120_000;

/** What a broker has to answer before it counts as started. */
export interface AwaitedBroker {
  readonly process: NodeProcess;
  readonly port: number;
  readonly clusterId: string;
  /** How many brokers it has to know of. */
  readonly brokers: number;
}

/**
 * Returns when a client gets the broker's answer, and the broker is a member of its cluster.
 *
 * @throws {KafkaClusterError} when its process ends, or there is no such answer in two minutes
 */
export async function waitForBroker(awaited: AwaitedBroker): Promise<void> {
  const { process, port, clusterId, brokers } = awaited;
  await waitUntil(process, async () => {
    const metadata = await ask(port, (admin) => admin.metadata({ topics: [] }));
    if (metadata?.id !== clusterId || !metadata.brokers.has(process.node.id)) return false;
    return metadata.brokers.size >= brokers;
  });
}

/**
 * Returns when consumer groups can be joined: a new cluster makes its topic of offsets when it is
 * first asked for a group, and clients would wait a second or more for it.
 *
 * @throws {KafkaClusterError} when the broker's process ends, or it takes more than two minutes
 */
export async function waitForGroups({ process, port }: AwaitedBroker): Promise<void> {
  await waitUntil(process, async () => {
    const groups = await ask(port, (admin) => admin.describeGroups({ groups: ['none'] }));
    return groups !== undefined;
  });
}

async function waitUntil(process: NodeProcess, isReached: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + START_LIMIT_MS;
  for (;;) {
    checkRuns(process);
    if (await isReached()) return;
    if (Date.now() > end) throw startError(process, 'does not answer');
    await delay(ATTEMPT_MS);
  }
}

/**
 * @throws {KafkaClusterError} when the process has ended
 */
export function checkRuns(process: NodeProcess): void {
  if (runningPid(process.node) !== process.pid) throw startError(process, 'ended at its start');
}

/** The answer to one attempt; nothing when it fails. */
async function ask<Answer>(
  port: number,
  question: (admin: Admin) => Promise<Answer>,
): Promise<Answer | undefined> {
  // The client takes half a second to load, in which a broker that was just started gets on.
  const { Admin } = await import('@platformatic/kafka');
  const admin = new Admin({
    clientId: 'kafka-cluster',
    bootstrapBrokers: [{ host: '127.0.0.1', port }],
    retries: 0,
    timeout: ANSWER_MS,
    connectTimeout: ANSWER_MS,
  });
  try {
    return await question(admin);
  } catch {
    return undefined;
  } finally {
    await admin.close();
  }
}

function startError({ node, logStart }: NodeProcess, what: string): KafkaClusterError {
  const reason = lastReason(readFrom(node.log, logStart));
  return new KafkaClusterError(`${node.name} ${what}${reason}; its log is ${node.log}`);
}

/** The last exception that a log names, which of Java's chain of causes is the first. */
function lastReason(log: string): string {
  const line = log.split('\n').findLast((text) => /Exception|Error/.test(text));
  return line === undefined ? '' : `: ${line.replace(/^Caused by: /, '').trim()}`;
}

function readFrom(file: string, start: number): string {
  return readFileSync(file).subarray(start).toString();
}
