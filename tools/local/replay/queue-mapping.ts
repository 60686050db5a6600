// `DG: x` below is the page https://docs.aws.amazon.com/lambda/latest/dg/x.html
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { InvokeOutcome } from '../mapping/retry-policy.ts';

/** A message that the function is done with. */
export interface DoneMessage {
  readonly body: string;
  /** How often it was received. */
  readonly tries: number;
}

/** What happened, for whoever watches. */
export type QueueMappingEvent =
  | {
      readonly type: 'invoked';
      readonly messages: number;
      readonly milliseconds: number;
      readonly outcome: InvokeOutcome;
      /** Messages that are kept: they come again. */
      readonly kept: number;
      /** The others, which are deleted next. */
      readonly done: readonly DoneMessage[];
    }
  /** It is tried again: received messages that were done may come again too. */
  | { readonly type: 'queue failed'; readonly action: 'receive' | 'delete' };

/** The parts that a mapping works with. */
export interface QueueMappingDeps {
  readonly client: SQSClient;
  readonly queueUrl: string;
  /** Invokes the function with an event of JSON text. */
  readonly invoke: (event: string) => Promise<InvokeOutcome>;
  /** Messages of one invocation. */
  readonly batchSize: number;
  /** Invocations at a time. */
  readonly concurrency: number;
  readonly observe: (event: QueueMappingEvent) => void;
}

/** Seconds that a receive waits for a message. */
const WAIT_SECONDS = 20;
/** Milliseconds before a receive or delete that failed is tried again. */
const RETRY_MS = 200;

/**
 * An event source mapping for a queue, in process: receives, invokes, and deletes what is done. What is
 * not stays in the queue until its visibility timeout ends, or the one that the function gave it.
 * DG: services-sqs-errorhandling
 */
export class QueueMapping {
  readonly #deps: QueueMappingDeps;
  readonly #stop = new AbortController();

  constructor(deps: QueueMappingDeps) {
    this.#deps = deps;
  }

  /** Resolves once stopped, when nothing of it is in the function any more. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.#deps.concurrency }, () => this.#keepPolling()));
  }

  stop(): void {
    this.#stop.abort();
  }

  /**
   * Receives once, without waiting, and invokes with what there is: for who runs it by a clock of one's own.
   *
   * @returns whether there was any
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

  /** What cannot be deleted comes again. ASSUMED: the service gives up as soon; it does not say. */
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

/** The event of an invocation with these messages, as JSON text. DG: with-sqs */
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

/** Ids of the messages that stay in the queue: all, where the result names one that was not sent. */
function keptOf(messages: readonly Message[], outcome: InvokeOutcome): ReadonlySet<string> {
  const all = new Set(messages.map(({ MessageId: id = '' }) => id));
  const named = outcome.kind === 'returned' ? readItemFailures(outcome.payload) : 'invalid';
  return named !== 'invalid' && named.every((id) => all.has(id)) ? new Set(named) : all;
}

/**
 * The identifiers in a partial batch response: none for null, `{}` or an empty list.
 * DG: services-sqs-errorhandling. ASSUMED: any other shape is as bad as an invalid identifier.
 */
function readItemFailures(payload: string): readonly string[] | 'invalid' {
  let result: unknown;
  try {
    result = payload === '' ? null : JSON.parse(payload);
  } catch {
    return 'invalid';
  }
  if (result === null) return [];
  if (typeof result !== 'object') return 'invalid';
  const { batchItemFailures: failures } = result as { readonly batchItemFailures?: unknown };
  if (failures == null) return [];
  if (!Array.isArray(failures)) return 'invalid';
  const ids = failures.map((each) => each?.itemIdentifier);
  return ids.every((id) => typeof id === 'string') ? ids : 'invalid';
}
