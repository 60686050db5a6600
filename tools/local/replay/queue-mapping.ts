// `DG: x` below is the page https://docs.aws.amazon.com/lambda/latest/dg/x.html
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { readItemFailures } from '../mapping/partial-response.ts';
import type { InvokeOutcome } from '../mapping/retry-policy.ts';

/** A message that the function has finished. */
export interface DoneMessage {
  readonly body: string;
  /** Number of receives. */
  readonly tries: number;
}

/** What a mapping does, for observers. */
export type QueueMappingEvent =
  | {
      readonly type: 'invoked';
      readonly messages: number;
      readonly milliseconds: number;
      readonly outcome: InvokeOutcome;
      /** Number of messages that stay in the queue and are redelivered. */
      readonly kept: number;
      /** The other messages, which are deleted next. */
      readonly done: readonly DoneMessage[];
    }
  /** Retried; finished messages may be redelivered as well. */
  | { readonly type: 'queue failed'; readonly action: 'receive' | 'delete' };

/** Dependencies of a mapping. */
export interface QueueMappingDeps {
  readonly client: SQSClient;
  readonly queueUrl: string;
  /** Invokes the function with an event as JSON text. */
  readonly invoke: (event: string) => Promise<InvokeOutcome>;
  /** Messages per invocation. */
  readonly batchSize: number;
  /** Concurrent invocations. */
  readonly concurrency: number;
  readonly observe: (event: QueueMappingEvent) => void;
}

/** Seconds of a long poll. */
const WAIT_SECONDS = 20;
/** Milliseconds before a failed receive is retried. */
const RETRY_MS = 200;

/**
 * An event source mapping for a queue, in process: it receives messages, invokes, and deletes what
 * succeeded. Other messages stay in the queue until their visibility timeout ends.
 * DG: services-sqs-errorhandling
 */
export class QueueMapping {
  readonly #deps: QueueMappingDeps;
  readonly #stop = new AbortController();

  constructor(deps: QueueMappingDeps) {
    this.#deps = deps;
  }

  /** Runs until it is stopped and no invocation is running. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.#deps.concurrency }, () => this.#keepPolling()));
  }

  stop(): void {
    this.#stop.abort();
  }

  /**
   * Receives once, without waiting, and invokes; for callers with a clock of their own.
   *
   * @returns whether there were messages
   */
  async poll(): Promise<boolean> {
    const messages = await this.#receive(0);
    if (messages.length > 0) await this.#deliver(messages);
    return messages.length > 0;
  }

  async #keepPolling(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const messages = await this.#receive(WAIT_SECONDS);
      if (messages.length > 0) await this.#deliver(messages);
    }
  }

  async #receive(waitSeconds: number): Promise<readonly Message[]> {
    const { batchSize, client, observe, queueUrl } = this.#deps;
    const { signal } = this.#stop;
    const command = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: batchSize,
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    try {
      return (await client.send(command, { abortSignal: signal })).Messages ?? [];
    } catch {
      if (signal.aborted) return [];
      observe({ type: 'queue failed', action: 'receive' });
      await sleep(RETRY_MS);
      return [];
    }
  }

  async #deliver(messages: readonly Message[]): Promise<void> {
    const started = Date.now();
    const outcome = await this.#deps.invoke(toQueueEventJson(messages));
    const kept = keptOf(messages, outcome);
    const done = messages.filter(({ MessageId: id = '' }) => !kept.has(id));
    this.#deps.observe({
      type: 'invoked',
      messages: messages.length,
      milliseconds: Date.now() - started,
      outcome,
      kept: kept.size,
      done: done.map(({ Attributes = {}, Body = '' }) => {
        return { body: Body, tries: Number(Attributes.ApproximateReceiveCount) };
      }),
    });
    if (done.length > 0) await this.#delete(done);
  }

  /** Messages that cannot be deleted are redelivered. ASSUMED: the service does not retry either. */
  async #delete(messages: readonly Message[]): Promise<void> {
    const { client, observe, queueUrl } = this.#deps;
    const Entries = messages.map(({ ReceiptHandle }, index) => ({
      Id: String(index),
      ReceiptHandle,
    }));
    try {
      await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    } catch {
      observe({ type: 'queue failed', action: 'delete' });
    }
  }
}

/** The event of an invocation as JSON text. DG: with-sqs */
export function toQueueEventJson(messages: readonly Message[]): string {
  return JSON.stringify({
    Records: messages.map((message) => ({
      messageId: message.MessageId,
      receiptHandle: message.ReceiptHandle,
      body: message.Body,
      attributes: message.Attributes ?? {},
      messageAttributes: {},
      md5OfBody: message.MD5OfBody,
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:replay',
      awsRegion: 'us-east-1',
    })),
  });
}

/**
 * Ids of the messages that stay in the queue: all of them if the invocation failed, or if its result is
 * malformed or names an unknown message. DG: services-sqs-errorhandling
 */
function keptOf(messages: readonly Message[], outcome: InvokeOutcome): ReadonlySet<unknown> {
  const all = new Set<unknown>(messages.map(({ MessageId: id = '' }) => id));
  const named = outcome.kind === 'returned' ? readItemFailures(outcome.payload) : undefined;
  return named?.every((id) => all.has(id)) ? new Set(named) : all;
}
