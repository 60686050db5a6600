import { Buffer } from 'node:buffer';
import type { ConsumerRecord } from '../../../kafka/record.ts';
import { toEventJson } from '../../../lambda/core/record/mapping-event.ts';
import {
  type Discard,
  EventSourceMapping,
  type MappingDeps,
  type MappingEvent,
} from '../mapping/event-source-mapping.ts';
import { MemoryTopic } from '../mapping/memory-topic.ts';
import type { InvokeOutcome } from '../mapping/retry-policy.ts';
import { type MappingOptions, mappingSettings } from '../mapping/settings.ts';
import type { Source } from '../mapping/source.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { batchRecord, origin, places, sourceRecord } from './source-records.ts';

export const success: InvokeOutcome = { kind: 'returned', payload: 'null' };
export const failure: InvokeOutcome = { kind: 'failed', errorType: 'Error' };
export const throttle: InvokeOutcome = { kind: 'throttled' };

/** An invocation as the function receives it. */
export interface Call {
  /** The event, as JSON text. */
  readonly event: string;
  /** Its records, as `partition:offset`. */
  readonly records: readonly string[];
  /** Milliseconds after the start of the test. */
  readonly at: number;
  /** Completes the invocation, unless the scripted function does. */
  readonly answer: (outcome: InvokeOutcome) => Promise<void>;
}

/** The scripted function; returns undefined if the test completes the invocation. */
export type Respond = (call: Call, index: number) => InvokeOutcome | undefined;

export interface MappingParts {
  readonly partitions?: number;
  readonly respond?: Respond;
  readonly onFailure?: MappingDeps['onFailure'];
  readonly options?: MappingOptions;
  /** Wraps the topic for the mapping. @default - the topic itself */
  readonly source?: (topic: MemoryTopic) => Source;
}

/** A mapping with a topic, a scripted function and a manual clock. */
export class RunningMapping {
  readonly clock = new FakeClock();
  readonly calls: Call[] = [];
  readonly events: MappingEvent[] = [];
  readonly topic: MemoryTopic;
  respond: Respond;
  readonly #parts: MappingParts;
  #mapping: EventSourceMapping;

  constructor(parts: MappingParts = {}) {
    const { partitions = 1, respond = () => success } = parts;
    this.topic = new MemoryTopic({ topic: origin.topic, partitions, maxBufferedBytes: 1e9 });
    this.respond = respond;
    this.#parts = parts;
    this.#mapping = this.#create();
  }

  /** Produces records with consecutive offsets, and lets the mapping react. */
  async produce(count: number, parts: Partial<ConsumerRecord> = {}): Promise<void> {
    for (let i = 0; i < count; i++) await this.topic.produce(sourceRecord(parts));
    await settle();
  }

  run(): Promise<void> {
    return this.#mapping.run();
  }

  /** Runs a new mapping of the same topic and function after the first has stopped. */
  restart(): Promise<void> {
    this.#mapping = this.#create();
    return this.run();
  }

  scale(pollers: number): Promise<void> {
    return this.#mapping.scale(pollers);
  }

  stop(): void {
    this.#mapping.stop();
  }

  /** The records of each invocation, in order. */
  get called(): readonly (readonly string[])[] {
    return this.calls.map(({ records }) => records);
  }

  get commits(): readonly (readonly (readonly [partition: number, offset: number])[])[] {
    return this.events.flatMap((event) => (event.type === 'committed' ? [[...event.offsets]] : []));
  }

  /** Records that were given up: condition, places, and whether they were delivered. */
  get discards(): readonly (readonly [Discard['condition'], readonly string[], boolean])[] {
    return this.events.flatMap((event) =>
      event.type === 'discarded'
        ? [[event.condition, places(event.records), event.delivered] as const]
        : [],
    );
  }

  #create(): EventSourceMapping {
    const { onFailure, options, source = (topic) => topic } = this.#parts;
    return new EventSourceMapping({
      source: source(this.topic),
      origin,
      settings: mappingSettings(options),
      clock: this.clock,
      invoke: (event) => this.#invoke(event),
      observe: (event) => this.events.push(event),
      ...(onFailure && { onFailure }),
    });
  }

  #invoke(event: string): Promise<InvokeOutcome> {
    return new Promise((resolve) => {
      const call: Call = {
        event,
        records: placesInEvent(event),
        at: this.clock.passed,
        answer: (outcome) => {
          resolve(outcome);
          return settle();
        },
      };
      this.calls.push(call);
      const outcome = this.respond(call, this.calls.length - 1);
      if (outcome !== undefined) void call.answer(outcome);
    });
  }
}

function placesInEvent(event: string): string[] {
  const { records } = JSON.parse(event) as { records: Record<string, ConsumerRecord[]> };
  return places(Object.values(records).flat());
}

/** A record whose event has exactly so many bytes, when it is alone in it. */
export function ofEventBytes(bytes: number): Partial<ConsumerRecord> {
  const withName = (length: number) => ({
    headers: [{ name: 'h'.repeat(length), value: null }],
  });
  const empty = toEventJson([batchRecord(withName(0))], origin);
  return withName(bytes - Buffer.byteLength(empty));
}

/** Starts a mapping whose function succeeds at once by default. */
export function start(parts: MappingParts = {}): RunningMapping {
  const mapping = new RunningMapping(parts);
  void mapping.run();
  return mapping;
}

/** Consecutive offsets of a partition, as `partition:offset`. */
export const offsets = (first: number, count: number, partition = 0) =>
  Array.from({ length: count }, (_, i) => `${partition}:${first + i}`);
