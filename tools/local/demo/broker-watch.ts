import { isRefusal, reasonOf } from '../../../kafka/client-errors.ts';
import type { KafkaEvent } from '../kafka/kafka-topic.ts';
import type { DemoCounts } from './report.ts';

/** Watches what happens between a run and its brokers. */
export class BrokerWatch {
  readonly #counts: DemoCounts;
  readonly #print: (line: string) => void;
  readonly #refused = Promise.withResolvers<never>();

  constructor(counts: DemoCounts, print: (line: string) => void) {
    this.#counts = counts;
    this.#print = print;
    // Whoever waits for it is told; nobody may.
    this.#refused.promise.catch(() => undefined);
  }

  /** Rejects when a broker does not let the user do what has to be done. */
  get refused(): Promise<never> {
    return this.#refused.promise;
  }

  observe(topic: string, event: KafkaEvent): void {
    if (event.type === 'error') {
      this.#counts.trouble = `topic '${topic}': ${event.doing}: ${reasonOf(event.error)}`;
      if (isRefusal(event.error)) this.#refused.reject(event.error);
    }
    if (event.type === 'out of range' && event.lost > 0) {
      const { partition, from, lost } = event;
      const offsets = `${lost} offsets from ${from} on`;
      this.#print(`topic '${topic}', partition ${partition}: ${offsets} were deleted meanwhile`);
    }
  }
}
