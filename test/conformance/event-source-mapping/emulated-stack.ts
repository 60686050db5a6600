import type { ConsumerRecord } from '../../../kafka/record.ts';
import { failedBatchEntry } from '../../../lambda/core/failed-batch/failed-batch-entry.ts';
import type { EventOrigin } from '../../../lambda/core/record/mapping-event.ts';
import { Change } from '../../../tools/local/mapping/change.ts';
import type { EmulatorClock } from '../../../tools/local/mapping/clock.ts';
import {
  type Discard,
  EventSourceMapping,
} from '../../../tools/local/mapping/event-source-mapping.ts';
import type { InvokeOutcome } from '../../../tools/local/mapping/retry-policy.ts';
import { mappingSettings } from '../../../tools/local/mapping/settings.ts';
import type { Source } from '../../../tools/local/mapping/source.ts';
import type {
  Answer,
  DestinationEntry,
  Given,
  Invocation,
  RecordIn,
  Seen,
  StackUnderTest,
  StartingPosition,
} from './case.ts';
import {
  mappingOptions,
  outcomeOf,
  placesIn,
  readEntry,
  toSourceRecord,
} from './emulator-words.ts';
import { success } from './words.ts';

/** The topic and clock on which the emulator runs. */
export interface Ground extends Pick<StackUnderTest, 'tolerance' | 'pass'> {
  readonly topic: string;
  readonly clock: EmulatorClock;
  /** Maximum milliseconds to wait for a condition. */
  readonly patience: number;
  /** Open settings that make cases fast. */
  readonly open: Given['open'];
  /** Advances time until the promise is settled. */
  settle(promise: Promise<void>): Promise<void>;
  /** Appends records to their partitions in this order, in one request. */
  append(records: readonly Omit<ConsumerRecord, 'offset'>[]): Promise<void>;
  /** The topic, with the case's consumer group. */
  source(position: StartingPosition): Source;
  /** Committed offset by partition; 0 if there is none. */
  committed(): Promise<readonly number[]>;
}

type HeldInvocation = { -readonly [Name in keyof Invocation]: Invocation[Name] } & {
  readonly end: (answer: InvokeOutcome) => void;
};

/** The emulated event source mapping with the function and the destination of a case. */
export class EmulatedStack implements StackUnderTest {
  readonly invocations: HeldInvocation[] = [];
  readonly entries: DestinationEntry[] = [];
  committed: readonly number[];
  readonly #ground: Ground;
  readonly #given: Given;
  readonly #origin: EventOrigin;
  /** Any change of the observations or the run. */
  readonly #change = new Change();
  /** Partitions of each poller. */
  readonly #shares = new Map<object, readonly number[]>();
  #script: NonNullable<Given['answers']>;
  #refusals: number;
  #isThrottled = false;
  #failsCommits = false;
  #mapping: EventSourceMapping | undefined;
  #running: Promise<void> = Promise.resolve();
  #failure: unknown;

  constructor(given: Given, ground: Ground) {
    this.#given = given;
    this.#ground = ground;
    this.#script = given.answers ?? (() => success);
    this.#refusals = given.destination?.refusals ?? 0;
    this.committed = Array.from({ length: given.partitions ?? 1 }, () => 0);
    this.#origin = {
      topic: ground.topic,
      eventSourceArn: 'arn:aws:kafka:eu-west-1:111122223333:cluster/shop/0f1e2d3c-3',
      bootstrapServers: 'b-1.shop:9098',
      nullStyle: given.open?.nullStyle ?? 'null',
    };
  }

  get tolerance() {
    return this.#ground.tolerance;
  }

  async start(position: StartingPosition): Promise<void> {
    const settings = mappingSettings(mappingOptions(this.#given, this.#ground.open));
    this.#shares.clear();
    this.#mapping = new EventSourceMapping({
      source: this.#watched(this.#ground.source(position)),
      origin: this.#origin,
      settings,
      clock: this.#ground.clock,
      invoke: (event) => this.#invoke(event),
      observe: () => undefined,
      ...(this.#given.destination && { onFailure: (discard) => this.#deliver(discard) }),
    });
    this.#running = this.#mapping.run().catch((error) => {
      this.#failure = error;
      this.#change.happened();
    });
    await this.until('all partitions with a poller', () => this.#isDealtOut(settings.pollers));
  }

  async stop(): Promise<void> {
    this.#mapping?.stop();
    await this.#ground.settle(this.#running);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Ends everything that a case has left running. */
  async close(): Promise<void> {
    this.#script = () => success;
    for (const { end } of this.invocations) end(outcomeOf(success, this.#origin));
    await this.stop();
  }

  async produce(...records: readonly RecordIn[]): Promise<void> {
    const now = this.#ground.clock.now();
    await this.#ground.append(records.map((record) => toSourceRecord(record, now)));
  }

  async until(what: string, condition: (seen: Seen) => boolean): Promise<void> {
    const { clock, patience, settle } = this.#ground;
    const over = new AbortController();
    const isSeen = async () => {
      while (!over.signal.aborted && !condition(this)) {
        if (this.#failure !== undefined) throw this.#failure;
        await this.#change.next(over.signal);
      }
    };
    const limit = clock.sleep(patience, over.signal).then(() => {
      if (!over.signal.aborted) throw new Error(`no ${what}, but ${this.#summary()}`);
    });
    try {
      await settle(Promise.race([isSeen(), limit]));
    } finally {
      over.abort();
    }
  }

  pass(milliseconds: number): Promise<void> {
    return this.#ground.pass(milliseconds);
  }

  async answer(invocation: Invocation | undefined, answer: Answer): Promise<void> {
    const held = this.invocations.find((each) => each === invocation);
    if (held === undefined) throw new Error('there is no such invocation');
    held.end(outcomeOf(answer, this.#origin));
    await this.#ground.pass(0);
  }

  throttle(on: boolean): void {
    this.#isThrottled = on;
  }

  failCommits(on: boolean): void {
    this.#failsCommits = on;
  }

  async setPollers(count: number): Promise<void> {
    await this.#mapping?.scale(count);
  }

  /** A source whose commits can fail, and that records the partitions of its pollers. */
  #watched(source: Source): Source {
    return {
      topic: source.topic,
      join: async () => {
        const poller = await source.join();
        const tell = (partitions: readonly number[]) => {
          this.#shares.set(poller, partitions);
          this.#change.happened();
          return partitions;
        };
        return {
          async *assignments(signal) {
            for await (const partitions of poller.assignments(signal)) yield tell(partitions);
          },
          reader: (partitions) => {
            const reader = poller.reader(partitions);
            return {
              read: (limits, signal) => reader.read(limits, signal),
              get ended() {
                return reader.ended;
              },
              get isLost() {
                return reader.isLost;
              },
              commit: async (offsets) => {
                if (this.#failsCommits) throw new Error('CoordinatorNotAvailable');
                const done = await reader.commit(offsets);
                this.committed = await this.#ground.committed();
                this.#change.happened();
                return done;
              },
            };
          },
          leave: () => poller.leave(),
        };
      },
    };
  }

  #isDealtOut(pollers: number): boolean {
    const shares = [...this.#shares.values()].filter((share) => share.length > 0);
    const partitions = this.committed.length;
    const all = shares.flat().sort((a, b) => a - b);
    return (
      shares.length === Math.min(pollers, partitions) &&
      all.join() === [...all.keys()].join() &&
      all.length === partitions
    );
  }

  async #invoke(event: string): Promise<InvokeOutcome> {
    if (this.#isThrottled) return { kind: 'throttled' };
    const { clock } = this.#ground;
    return new Promise((resolve) => {
      const invocation: HeldInvocation = {
        event,
        records: placesIn(event),
        startedAt: clock.now(),
        end: (outcome) => {
          invocation.endedAt ??= clock.now();
          resolve(outcome);
        },
      };
      const index = this.invocations.push(invocation) - 1;
      const answer = this.#script(invocation, index);
      if (answer.kind !== 'held') invocation.end(outcomeOf(answer, this.#origin));
      this.#change.happened();
    });
  }

  async #deliver(discard: Discard): Promise<void> {
    if (this.#refusals > 0) {
      this.#refusals -= 1;
      throw new Error('SlowDown');
    }
    const context = {
      origin: this.#origin,
      functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:probe',
      requestId: '316aa6d0-8154-xmpl-9af7-85d5f4a6bc81',
      now: this.#ground.clock.now(),
    };
    this.entries.push(readEntry(failedBatchEntry(discard, context), this.#origin));
    this.#change.happened();
  }

  #summary(): string {
    const invocations = this.invocations.map(({ records }) => `[${records}]`).join(' ');
    return `${this.invocations.length} invocations: ${invocations}; committed: ${this.committed}; ${this.entries.length} entries`;
  }
}
