import { setTimeout as sleep } from 'node:timers/promises';
import { Admin, Producer } from '@platformatic/kafka';
import { clientOptions, type KafkaConnection } from '../../../kafka/connection.ts';
import { endOffsets, type KafkaEvent, KafkaTopic } from '../../../tools/local/kafka/kafka-topic.ts';
import type { EmulatorClock } from '../../../tools/local/mapping/clock.ts';
import type { ConformanceCase, Target } from './case.ts';
import { EmulatedStack, type Ground } from './emulated-stack.ts';

/** Enough for the largest request of a case: ten values of 1 MiB. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** Maximum milliseconds to wait for a condition. */
const PATIENCE_MS = 20_000;
/** Milliseconds between checks of a new topic. */
const READY_MS = 20;

const systemClock: EmulatorClock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) =>
    sleep(milliseconds, undefined, { signal }).catch(() => undefined),
};

/** The emulator with topics of a real cluster, in real time; committed offsets are the broker's. */
export class KafkaTarget implements Target {
  readonly name = 'emulator on a Kafka cluster';
  readonly #connection: KafkaConnection;
  readonly #admin: Admin;
  readonly #producer: Producer;

  /** @param bootstrapServers `host:port` of brokers, separated by commas */
  constructor(bootstrapServers: string) {
    this.#connection = { brokers: bootstrapServers.split(',') };
    this.#admin = new Admin(clientOptions(this.#connection));
    this.#producer = new Producer(clientOptions(this.#connection));
  }

  async run({ id, given, run }: ConformanceCase): Promise<void> {
    const topic = `${id}-${Date.now()}`;
    const partitions = given.partitions ?? 1;
    await this.#createTopic(topic, partitions);
    const troubles: string[] = [];
    const sources: KafkaTopic[] = [];
    const ground = this.#ground(topic, partitions, (position) => {
      const source = new KafkaTopic({
        connection: this.#connection,
        topic,
        groupId: topic,
        startingPosition: position === 'LATEST' ? 'latest' : 'earliest',
        sessionTimeoutMs: 6000,
        observe: (event) => troubles.push(...troubleOf(event)),
      });
      sources.push(source);
      return source;
    });
    const stack = new EmulatedStack(given, ground);
    try {
      await stack.start('TRIM_HORIZON');
      await run(stack);
    } catch (error) {
      throw troubles.length === 0 ? error : new Error(troubles.join('; '), { cause: error });
    } finally {
      await stack.close();
      for (const source of sources) await source.close();
    }
  }

  /** Closes its connections. */
  async close(): Promise<void> {
    await this.#producer.close();
    await this.#admin.close();
  }

  async #createTopic(topic: string, partitions: number): Promise<void> {
    await this.#admin.createTopics({
      topics: [topic],
      partitions,
      replicas: 1,
      configs: [{ name: 'max.message.bytes', value: String(MAX_MESSAGE_BYTES) }],
    });
    // The producer would resend a whole request if one of its partitions were not ready.
    const isReady = () =>
      endOffsets(this.#admin, topic).then(
        ({ size }) => size === partitions,
        () => false,
      );
    const limit = Date.now() + PATIENCE_MS;
    while (!(await isReady())) {
      if (Date.now() > limit) throw new Error(`topic '${topic}' does not get ready`);
      await sleep(READY_MS);
    }
  }

  #ground(topic: string, partitions: number, source: Ground['source']): Ground {
    return {
      topic,
      clock: systemClock,
      // Timers may be early by a fraction of a millisecond, which clocks do not show.
      tolerance: { early: 2, late: 2000 },
      patience: PATIENCE_MS,
      open: { retryDelayMs: 100 },
      pass: (milliseconds) => sleep(milliseconds),
      settle: (promise) => promise,
      append: async (records) => {
        await this.#producer.send({
          acks: -1,
          repeatOnStaleMetadata: false,
          messages: records.map(({ partition, timestamp, key, value }) => ({
            topic,
            partition,
            timestamp: BigInt(timestamp),
            ...(key && { key }),
            ...(value && { value }),
          })),
        });
      },
      source,
      committed: () => this.#committed(topic, partitions),
    };
  }

  async #committed(topic: string, partitions: number): Promise<readonly number[]> {
    const [group] = await this.#admin.listConsumerGroupOffsets({ groups: [topic] });
    const listed = group?.topics.find(({ name }) => name === topic)?.partitions ?? [];
    const offsets = new Map(
      listed.map((each) => [each.partitionIndex, Number(each.committedOffset)]),
    );
    return Array.from({ length: partitions }, (_, each) => Math.max(0, offsets.get(each) ?? 0));
  }
}

function troubleOf(event: KafkaEvent): string[] {
  return event.type === 'error' ? [`${event.doing}: ${event.error.message}`] : [];
}
