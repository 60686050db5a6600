import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Admin } from '@platformatic/kafka';
import { KafkaClusterError } from './errors.ts';
import { type Node, runningPid } from './node.ts';

/** Milliseconds between attempts to reach a broker that is starting. */
const ATTEMPT_MS = 50;
/** Milliseconds that an attempt may take. */
const ANSWER_MS = 2_000;
/** Milliseconds until a broker must respond: many times what a busy machine needs. */
const START_LIMIT_MS = 180_000;

/**
 * Returns when a broker responds, knows the given number of brokers and accepts consumer groups. A
 * new cluster creates its topic of offsets only when it is first asked about a group.
 *
 * @throws {KafkaClusterError} if the process ends, or does not respond within three minutes
 */
export async function waitForBroker(node: Node, port: number, brokers: number): Promise<void> {
  const end = Date.now() + START_LIMIT_MS;
  while (!(await isReady(node, port, brokers))) {
    if (runningPid(node) === undefined) throw startError(node, 'failed to start');
    if (Date.now() > end) throw startError(node, 'does not respond');
    await delay(ATTEMPT_MS);
  }
}

async function isReady(node: Node, port: number, brokers: number): Promise<boolean> {
  const admin = new Admin({
    clientId: 'kafka-cluster',
    bootstrapBrokers: [{ host: '127.0.0.1', port }],
    retries: 0,
    timeout: ANSWER_MS,
    connectTimeout: ANSWER_MS,
  });
  try {
    const metadata = await admin.metadata({ topics: [] });
    if (!metadata.brokers.has(node.id) || metadata.brokers.size < brokers) return false;
    await admin.describeGroups({ groups: ['none'] });
    return true;
  } catch {
    return false;
  } finally {
    await admin.close();
  }
}

function startError(node: Node, what: string): KafkaClusterError {
  // The last exception of a Java log is the first of its chain of causes.
  const line = readFileSync(node.log, 'utf8')
    .split('\n')
    .findLast((text) => /Exception|Error/.test(text));
  const reason = line === undefined ? '' : `: ${line.replace(/^Caused by: /, '').trim()}`;
  return new KafkaClusterError(`${node.name} ${what}${reason}; its log is ${node.log}`);
}
