import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { providePythonPackage } from '../../local/real-servers/python-package.ts';

/** Its librdkafka reports MAX_POLL_EXCEEDED. */
const CLIENT = 'confluent-kafka==2.16.1';

/** An event that the consumer reports. */
export type NaiveEvent =
  | { readonly event: 'read'; readonly partition: number; readonly offset: number }
  | { readonly event: 'uploaded'; readonly seconds: number }
  | { readonly event: 'committed' }
  | { readonly event: 'evicted' | 'error' | 'commit failed'; readonly name: string };

/** The consumer's settings. */
export interface NaiveConsumerOptions {
  readonly brokers: string;
  readonly topic: string;
  readonly group: string;
  /** The URL below which it puts uploads. */
  readonly url: string;
  /** Messages in an upload. */
  readonly buffer: number;
  /** The number of commits after which it exits. */
  readonly uploads: number;
  readonly maxPollIntervalMs: number;
  readonly onEvent: (event: NaiveEvent) => void;
}

/**
 * Runs the consumer until it has made its commits: a Python process, like the service that the archiver replaces.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` if Python or its Kafka client cannot be installed
 */
export async function runNaiveConsumer(options: NaiveConsumerOptions): Promise<void> {
  const { brokers, buffer, group, maxPollIntervalMs, onEvent, topic, uploads, url } = options;
  const python = join(await providePythonPackage(CLIENT), 'python');
  const settings = {
    brokers,
    topic,
    group,
    url,
    buffer,
    uploads,
    'max-poll-interval-ms': maxPollIntervalMs,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const program = join(import.meta.dirname, 'consumer.py');
  const child = spawn(python, [program, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'close');
  for await (const line of createInterface(child.stdout)) onEvent(JSON.parse(line) as NaiveEvent);
  const [code] = await ended;
  process.off('exit', kill);
  if (code !== 0) throw new Error(`the consumer exited with ${code}`);
}
