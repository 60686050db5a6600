import { Buffer } from 'node:buffer';
import { MAX_PAYLOAD_BYTES } from '../../../lambda/contract.ts';
import type { InvokeOutcome } from '../mapping/retry-policy.ts';
import { ExecutionEnvironment, type FunctionConfiguration } from './execution-environment.ts';

/**
 * A Lambda function on this machine: runs its bundle in separate processes with one invocation at a
 * time each, kills them at the timeout, and refuses events over the payload limit.
 */
export class EmulatedFunction {
  /** Number of cold starts. */
  coldStarts = 0;
  readonly #configuration: FunctionConfiguration;
  readonly #concurrency: number;
  readonly #environments = new Set<ExecutionEnvironment>();
  readonly #idle: ExecutionEnvironment[] = [];
  #maxMemoryMiB = 0;

  /** @param concurrency maximum number of concurrent invocations; more are throttled */
  constructor(configuration: FunctionConfiguration, concurrency: number) {
    this.#configuration = configuration;
    this.#concurrency = concurrency;
    // Each environment pipes its output into the log: many listeners are not a leak.
    configuration.log.setMaxListeners(0);
  }

  /** Peak memory of an environment in MiB. */
  get maxMemoryMiB(): number {
    return this.#maxMemoryMiB;
  }

  /** Invokes synchronously with an event as JSON text; never rejects. */
  async invoke(event: string): Promise<InvokeOutcome> {
    if (Buffer.byteLength(event) > MAX_PAYLOAD_BYTES) {
      return { kind: 'failed', errorType: 'RequestTooLargeException' };
    }
    const environment = this.#idle.pop() ?? this.#startEnvironment();
    if (environment === undefined) return { kind: 'throttled' };
    const outcome = await environment.invoke(event);
    this.#maxMemoryMiB = Math.max(this.#maxMemoryMiB, environment.maxMemoryMiB);
    if (environment.isDead) {
      this.#environments.delete(environment);
      await environment.close();
    } else this.#idle.push(environment);
    return outcome;
  }

  /**
   * Sends a signal to all its processes: SIGKILL for a crash, SIGSTOP for a hang.
   *
   * @returns whether there were any
   */
  signal(name: NodeJS.Signals): boolean {
    return [...this.#environments].map((each) => each.signal(name)).includes(true);
  }

  /** Stops all environments. */
  async close(): Promise<void> {
    await Promise.all([...this.#environments].map((environment) => environment.close()));
  }

  #startEnvironment(): ExecutionEnvironment | undefined {
    if (this.#environments.size >= this.#concurrency) return undefined;
    const environment = new ExecutionEnvironment(this.#configuration);
    this.#environments.add(environment);
    this.coldStarts += 1;
    return environment;
  }
}
