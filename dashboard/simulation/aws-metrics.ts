import type { MemoryTopic } from '../../tools/local/mapping/memory-topic.ts';
import type { Invoke } from '../../tools/local/mapping/pipeline.ts';
import type { Queue } from '../../tools/local/sqs-server/queue.ts';
import type { MetricData } from '../metrics/metric-data.ts';

/** Takes down the metrics that AWS itself would emit, as the emulator sees them. */
export class AwsMetrics {
  readonly #data: MetricData;
  readonly #now: () => number;

  /** @param now epoch milliseconds */
  constructor(data: MetricData, now: () => number) {
    this.#data = data;
    this.#now = now;
  }

  /** Those of a function's invocations. `Duration` is in milliseconds of this machine, a cold start among them. */
  watchFunction(name: string, invoke: Invoke): Invoke {
    return async (event) => {
      const started = performance.now();
      const outcome = await invoke(event);
      const isThrottled = outcome.kind === 'throttled';
      this.#lambda(name, 'Throttles', isThrottled ? 1 : 0);
      if (isThrottled) return outcome;
      this.#lambda(name, 'Invocations', 1);
      this.#lambda(name, 'Errors', outcome.kind === 'failed' ? 1 : 0);
      this.#lambda(name, 'Duration', performance.now() - started);
      return outcome;
    };
  }

  /** `OffsetLag` of a function's topics, now. */
  lag(functionName: string, topics: readonly MemoryTopic[]): void {
    for (const topic of topics) {
      const lags = Array.from({ length: topic.partitionCount }, (_, each) => topic.lag(each));
      const lag = lags.reduce((sum, each) => sum + each, 0);
      this.#lambda(functionName, 'OffsetLag', lag);
    }
  }

  /** A batch that the on-failure destination did not take. */
  dropped(functionName: string): void {
    this.#lambda(functionName, 'DestinationDeliveryFailures', 1);
  }

  /** Those of a queue, now. */
  queue(name: string, queue: Queue): void {
    const { delayed, inFlight, visible } = queue.counts();
    const age = queue.ageOfOldest();
    const values = {
      ApproximateNumberOfMessagesVisible: visible,
      ApproximateNumberOfMessagesNotVisible: inFlight,
      ApproximateNumberOfMessagesDelayed: delayed,
      ...(age !== undefined && { ApproximateAgeOfOldestMessage: age / 1000 }),
    };
    for (const [metric, value] of Object.entries(values)) {
      this.#add('AWS/SQS', metric, { QueueName: name }, value);
    }
  }

  #lambda(functionName: string, metric: string, value: number): void {
    this.#add('AWS/Lambda', metric, { FunctionName: functionName }, value);
  }

  #add(
    namespace: string,
    name: string,
    dimensions: Readonly<Record<string, string>>,
    value: number,
  ): void {
    this.#data.add({ namespace, name, dimensions, value, timestamp: this.#now() });
  }
}
