import { randomUUID } from 'node:crypto';
import { Change } from '../mapping/change.ts';

/** A message's own attributes, as they were sent. */
export type MessageAttributes = Readonly<
  Record<string, { readonly DataType: string; readonly StringValue?: string }>
>;

/** What is sent. */
export interface NewMessage {
  readonly body: string;
  readonly attributes?: MessageAttributes | undefined;
  /** @default - the queue's */
  readonly delaySeconds?: number | undefined;
}

/** A message as a receiver gets it. */
export interface ReceivedMessage {
  readonly id: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly receiptHandle: string;
  readonly receiveCount: number;
  /** Epoch milliseconds. */
  readonly sentAt: number;
  readonly firstReceivedAt: number;
  /** Name of the queue that it was a dead letter of. */
  readonly deadLetterSource: string | undefined;
}

/** A message as the machine's owner sees it, who need not receive it. */
export type PeekedMessage = Pick<ReceivedMessage, 'id' | 'body' | 'attributes'>;

/** How a queue is set up. */
export interface QueueSettings {
  readonly name: string;
  /** @default 0 */
  readonly delaySeconds?: number;
  /** @default 30 */
  readonly visibilitySeconds?: number;
  readonly deadLetters?: { readonly queue: Queue; readonly maxReceiveCount: number };
}

/** Numbers of messages. */
export interface QueueCounts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/** Receipts from which on a message does not count for the age of the oldest. */
const MOST_RECEIPTS_OF_AGE = 3;

interface StoredMessage {
  readonly id: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly sentAt: number;
  readonly deadLetterSource: string | undefined;
  /** Epoch milliseconds from which it can be received. */
  visibleAt: number;
  receiveCount: number;
  firstReceivedAt: number;
  /** Of the last receipt; undefined where it was never received. */
  receiptHandle: string | undefined;
}

/**
 * A standard queue in memory: messages are received in the order in which they can be seen, hidden for the
 * visibility timeout, and go to the dead-letter queue in place of one receipt too many.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 */
export class Queue {
  readonly settings: QueueSettings;
  readonly #now: () => number;
  readonly #messages = new Map<string, StoredMessage>();
  readonly #changed = new Change();

  /** @param now epoch milliseconds */
  constructor(settings: QueueSettings, now: () => number) {
    this.settings = settings;
    this.#now = now;
  }

  /** @returns the message's id */
  send(message: NewMessage, deadLetterSource?: string): string {
    const { body, attributes = {}, delaySeconds = this.settings.delaySeconds ?? 0 } = message;
    const id = randomUUID();
    const now = this.#now();
    this.#messages.set(id, {
      ...{ id, body, attributes, sentAt: now, deadLetterSource },
      ...{ visibleAt: now + delaySeconds * 1000, receiveCount: 0, firstReceivedAt: 0 },
      receiptHandle: undefined,
    });
    this.#changed.happened();
    return id;
  }

  /** Messages that can be seen now, at most so many; each is hidden from then on. */
  receive(most: number, visibilitySeconds = this.settings.visibilitySeconds ?? 30) {
    const now = this.#now();
    const received: ReceivedMessage[] = [];
    const visible = [...this.#messages.values()]
      .filter(({ visibleAt }) => visibleAt <= now)
      .sort((a, b) => a.visibleAt - b.visibleAt);
    for (const message of visible) {
      if (received.length === most) break;
      if (this.#isExhausted(message)) this.#toDeadLetters(message);
      else received.push(this.#take(message, now, visibilitySeconds));
    }
    return received;
  }

  /** As {@link receive}, waiting until there is one, or the signal aborts. */
  async receiveWhenThere(
    most: number,
    options: { readonly visibilitySeconds?: number | undefined; readonly signal: AbortSignal },
  ): Promise<ReceivedMessage[]> {
    for (;;) {
      const received = this.receive(most, options.visibilitySeconds);
      if (received.length > 0 || options.signal.aborted) return received;
      await this.#change(options.signal);
    }
  }

  /** Deletes a message by its last receipt; an older one deletes nothing. */
  delete(receiptHandle: string): void {
    const message = this.#find(receiptHandle);
    if (message !== undefined) this.#messages.delete(message.id);
  }

  /**
   * Hides a message for so many seconds from now.
   *
   * @returns whether the receipt is that of a message in flight
   */
  changeVisibility(receiptHandle: string, seconds: number): boolean {
    const message = this.#find(receiptHandle);
    if (message === undefined || message.visibleAt <= this.#now()) return false;
    message.visibleAt = this.#now() + seconds * 1000;
    this.#changed.happened();
    return true;
  }

  /** All messages that there are, hidden or not: looked at, not received. */
  peek(): readonly PeekedMessage[] {
    return [...this.#messages.values()].map(({ attributes, body, id }) => {
      return { id, body, attributes };
    });
  }

  /**
   * Milliseconds since the oldest message was sent; undefined where there is none. One that was received
   * three times does not count, as in the service's metric:
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
   */
  ageOfOldest(): number | undefined {
    const now = this.#now();
    const ages = [...this.#messages.values()]
      .filter(({ receiveCount }) => receiveCount < MOST_RECEIPTS_OF_AGE)
      .map(({ sentAt }) => now - sentAt);
    return ages.length === 0 ? undefined : Math.max(...ages);
  }

  counts(): QueueCounts {
    const now = this.#now();
    const hidden = [...this.#messages.values()].filter(({ visibleAt }) => visibleAt > now);
    const inFlight = hidden.filter(({ receiveCount }) => receiveCount > 0).length;
    return {
      visible: this.#messages.size - hidden.length,
      inFlight,
      delayed: hidden.length - inFlight,
    };
  }

  #isExhausted({ receiveCount }: StoredMessage): boolean {
    const { deadLetters } = this.settings;
    return deadLetters !== undefined && receiveCount >= deadLetters.maxReceiveCount;
  }

  #toDeadLetters(message: StoredMessage): void {
    this.#messages.delete(message.id);
    const { body, attributes } = message;
    const letter = { body, attributes, delaySeconds: 0 };
    this.settings.deadLetters?.queue.send(letter, this.settings.name);
  }

  #take(message: StoredMessage, now: number, visibilitySeconds: number): ReceivedMessage {
    const receiptHandle = `${message.id}:${randomUUID()}`;
    message.receiveCount += 1;
    if (message.receiveCount === 1) message.firstReceivedAt = now;
    message.visibleAt = now + visibilitySeconds * 1000;
    message.receiptHandle = receiptHandle;
    return { ...message, receiptHandle };
  }

  #find(receiptHandle: string): StoredMessage | undefined {
    const message = this.#messages.get(receiptHandle.split(':')[0] ?? '');
    return message?.receiptHandle === receiptHandle ? message : undefined;
  }

  /** Until a message is sent or shown, the next hidden one can be seen, or the signal aborts. */
  async #change(signal: AbortSignal): Promise<void> {
    const times = [...this.#messages.values()].map(({ visibleAt }) => visibleAt);
    const next = times.reduce((first, each) => Math.min(first, each), Number.POSITIVE_INFINITY);
    const wait = Math.max(0, next - this.#now());
    const wake = () => this.#changed.happened();
    const timer = Number.isFinite(wait) ? setTimeout(wake, wait) : undefined;
    await this.#changed.next(signal);
    clearTimeout(timer);
  }
}
