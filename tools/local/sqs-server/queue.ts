import { randomUUID } from 'node:crypto';
import { Change } from '../mapping/change.ts';

/** A message's attributes, as sent. */
export type MessageAttributes = Readonly<
  Record<string, { readonly DataType: string; readonly StringValue?: string }>
>;

/** A message to send. */
export interface NewMessage {
  readonly body: string;
  readonly attributes?: MessageAttributes | undefined;
  /** @default - the queue's */
  readonly delaySeconds?: number | undefined;
}

/** A message as its receiver gets it. */
export interface ReceivedMessage {
  readonly id: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly receiptHandle: string;
  readonly receiveCount: number;
  /** Epoch milliseconds. */
  readonly sentAt: number;
  readonly firstReceivedAt: number;
  /** Name of the queue from which the message was moved here as a dead letter. */
  readonly deadLetterSource: string | undefined;
}

/** A message as read without receiving it. */
export type PeekedMessage = Pick<ReceivedMessage, 'id' | 'body' | 'attributes'>;

/** Settings of a queue. */
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

/** Number of receives from which a message no longer counts for the age of the oldest. */
const MOST_RECEIPTS_OF_AGE = 3;

interface StoredMessage {
  readonly id: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly sentAt: number;
  readonly deadLetterSource: string | undefined;
  /** Epoch milliseconds from which the message can be received. */
  visibleAt: number;
  receiveCount: number;
  firstReceivedAt: number;
  /** Handle of the last receive; undefined if the message was never received. */
  receiptHandle: string | undefined;
}

/**
 * A standard queue in memory: messages are received in the order in which they become visible, are
 * hidden for the visibility timeout, and move to the dead-letter queue instead of exceeding the
 * maximum receive count.
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

  /** Receives and hides at most `most` of the messages that are visible now. */
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

  /** Like {@link receive}, but waits for a message until the signal aborts. */
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

  /** Deletes a message by its last receipt handle; an older handle deletes nothing. */
  delete(receiptHandle: string): void {
    const message = this.#find(receiptHandle);
    if (message !== undefined) this.#messages.delete(message.id);
  }

  /**
   * Hides a message for a number of seconds from now.
   *
   * @returns whether the handle belongs to a message in flight
   */
  changeVisibility(receiptHandle: string, seconds: number): boolean {
    const message = this.#find(receiptHandle);
    if (message === undefined || message.visibleAt <= this.#now()) return false;
    message.visibleAt = this.#now() + seconds * 1000;
    this.#changed.happened();
    return true;
  }

  /** Reads all messages, hidden or not, without receiving them. */
  peek(): readonly PeekedMessage[] {
    return [...this.#messages.values()].map(({ attributes, body, id }) => {
      return { id, body, attributes };
    });
  }

  /**
   * Milliseconds since the oldest message was sent; undefined if there is none. A message that was
   * received three times does not count, as in the service's metric:
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

  /** Waits until a message is sent or becomes visible, or the signal aborts. */
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
