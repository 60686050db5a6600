/**
 * The vocabulary of the conformance cases: what goes in, what is seen of it from outside. Nothing in
 * it belongs to the emulator, so that a case means the same for a deployed stack.
 *
 * @module
 */

/** What a behaviour rests on. */
export type Evidence =
  | {
      readonly kind: 'documented';
      /** Name x of the page https://docs.aws.amazon.com/lambda/latest/dg/x.html */
      readonly page: string;
    }
  | { readonly kind: 'assumed'; readonly why: string }
  | SettingEvidence;

/** The service's own choice is not known: the emulator has a setting for it. */
type SettingEvidence = {
  [Name in keyof OpenSettings]: {
    readonly kind: 'setting';
    readonly name: Name;
    readonly default: OpenSettings[Name];
    readonly why: string;
  };
}[keyof OpenSettings];

/** The emulator's settings for what is not documented. A deployed stack cannot be told them. */
export interface OpenSettings {
  readonly mixPartitions: boolean;
  readonly nullStyle: 'null' | 'absent';
  readonly retryDelayMs: number;
  readonly destinationAttempts: number;
  readonly bisectSpendsAttempt: boolean;
  readonly resend: 'named' | 'from lowest';
}

/** What a mapping is created with, in the words of `CreateEventSourceMapping`. */
export interface MappingRequest {
  readonly BatchSize?: number;
  readonly MaximumBatchingWindowInSeconds?: number;
  readonly ProvisionedPollerConfig?: {
    readonly MinimumPollers: number;
    readonly MaximumPollers: number;
  };
  readonly MaximumRetryAttempts?: number;
  readonly MaximumRecordAgeInSeconds?: number;
  readonly BisectBatchOnFunctionError?: boolean;
  readonly FunctionResponseTypes?: readonly ['ReportBatchItemFailures'];
}

/** Where a consumer group without committed offsets begins. */
export type StartingPosition = 'TRIM_HORIZON' | 'LATEST';

/** What a case starts from: a topic, a mapping that polls it from its beginning, a function. */
export interface Given {
  /** @default 1 */
  readonly partitions?: number;
  readonly mapping?: MappingRequest;
  /** Where the case needs another than the default. */
  readonly open?: Partial<OpenSettings>;
  /** The on-failure destination, and how many deliveries it refuses first. @default - none */
  readonly destination?: { readonly refusals: number };
  /** The function's script. @default - success, always */
  readonly answers?: Script;
}

/** What the function answers to an invocation; `index` counts them from 0. */
export type Script = (invocation: Invocation, index: number) => Answer;

/** An answer of the function. */
export type Answer =
  /** The result, as JSON. */
  | { readonly kind: 'result'; readonly value: unknown }
  /** A result that names these records, `partition:offset`, as failed items. */
  | { readonly kind: 'failed items'; readonly records: readonly string[] }
  | { readonly kind: 'error' }
  /** None yet: the case answers later. */
  | { readonly kind: 'held' };

/** A record to be produced. */
export interface RecordIn {
  /** @default 0 */
  readonly partition?: number;
  /** Seconds that its timestamp is in the past. @default 0 */
  readonly age?: number;
  /** Bytes; null for a null key. @default - a few */
  readonly key?: number | null;
  /** Bytes; null for a null value. @default - a few */
  readonly value?: number | null;
}

/** An invocation as the function has it. */
export interface Invocation {
  /** Its records, `partition:offset`, in the order of the event. */
  readonly records: readonly string[];
  /** The event, as JSON text. */
  readonly event: string;
  /** Milliseconds, of one clock. */
  readonly startedAt: number;
  /** When it was answered; absent before. */
  readonly endedAt?: number;
}

/** What the on-failure destination was sent. */
export interface DestinationEntry {
  readonly condition: string;
  readonly batchSize: number;
  readonly invokes: number;
  /** First and last offset of each partition. */
  readonly offsets: Readonly<Record<number, readonly [first: number, last: number]>>;
}

/** What is seen from outside so far. */
export interface Seen {
  /** In the order in which they began. */
  readonly invocations: readonly Invocation[];
  /** Offset that the consumer group goes on from, by partition; 0 where it has committed none. */
  readonly committed: readonly number[];
  /** In the order in which they came. */
  readonly entries: readonly DestinationEntry[];
}

/** A topic with a mapping, its function and its destination, while a case runs. */
export interface StackUnderTest extends Seen {
  /** Milliseconds that something may be seen too early or too late here. */
  readonly tolerance: { readonly early: number; readonly late: number };
  /** Appends records in this order, all at once, and returns when the topic has them. */
  produce(...records: readonly RecordIn[]): Promise<void>;
  /** Waits, only as long as needed; rejects with `what` where it does not come. */
  until(what: string, condition: (seen: Seen) => boolean): Promise<void>;
  /** Lets so many milliseconds pass. */
  pass(milliseconds: number): Promise<void>;
  /** Answers an invocation that was held. */
  answer(invocation: Invocation | undefined, answer: Answer): Promise<void>;
  /** While on, an invocation does not reach the function. */
  throttle(on: boolean): void;
  /** While on, commits fail before they are done. */
  failCommits(on: boolean): void;
  /** Has so many pollers at work from now on. */
  setPollers(count: number): Promise<void>;
  /** Deletes the mapping; what is in the function ends first. */
  stop(): Promise<void>;
  /** Creates it anew, with the same consumer group. */
  start(position: StartingPosition): Promise<void>;
}

/** One row of the table of behaviours. */
export interface ConformanceCase {
  readonly id: string;
  readonly behaviour: string;
  readonly evidence: Evidence;
  readonly given: Given;
  /** Rejects where the stack behaves otherwise. */
  run(stack: StackUnderTest): Promise<void>;
}

/** Something that cases can be run on. */
export interface Target {
  readonly name: string;
  /** Runs a case with a topic, a consumer group and a function's script of its own. */
  run(conformanceCase: ConformanceCase): Promise<void>;
}
