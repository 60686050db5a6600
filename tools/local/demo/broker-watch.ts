import { isRefusal, reasonOf } from '../../../kafka/client-errors.ts';
import type { KafkaEvent } from '../kafka/kafka-topic.ts';
import type { DemoCounts } from './report.ts';

/** Watches the connection between a run and its brokers. */
export class BrokerWatch {
  readonly #counts: DemoCounts;
  readonly #print: (line: string) => void;
  readonly #refused = Promise.withResolvers<never>();

  constructor(counts: DemoCounts, print: (line: string) => void) {
    this.#counts = counts;
    this.#print = print;
    // Avoids an unhandled rejection if nothing awaits it.
    this.#refused.promise.catch(() => undefined);
  }

  /** Rejects when a broker denies what the run needs. */
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
      const offsets = `${lost} offsets starting at ${from}`;
      this.#print(
        `topic '${topic}', partition ${partition}: ${offsets} were deleted before they were read`,
      );
    }
  }
}
