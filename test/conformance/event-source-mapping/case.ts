/**
 * The vocabulary of the conformance cases: inputs, and what can be observed from outside. It does not
 * depend on the emulator, so a case has the same meaning for a deployed stack.
 *
 * @module
 */

/** The evidence of a behaviour. */
export type Evidence =
  | {
      readonly kind: 'documented';
      /** Name x of the page https://docs.aws.amazon.com/lambda/latest/dg/x.html */
      readonly page: string;
    }
  | { readonly kind: 'assumed'; readonly why: string }
  | SettingEvidence;

/** The service's choice is unknown: the emulator has a setting for it. */
type SettingEvidence = {
  [Name in keyof OpenSettings]: {
    readonly kind: 'setting';
    readonly name: Name;
    readonly default: OpenSettings[Name];
    readonly why: string;
  };
}[keyof OpenSettings];

/** The emulator's settings for undocumented behaviours; a deployed stack has no such settings. */
export interface OpenSettings {
  readonly mixPartitions: boolean;
  readonly nullStyle: 'null' | 'absent';
  readonly retryDelayMs: number;
  readonly destinationAttempts: number;
  readonly bisectSpendsAttempt: boolean;
  readonly resend: 'named' | 'from lowest';
}

/** Settings of a mapping, named as in `CreateEventSourceMapping`. */
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

/** The initial state of a case: a topic, a mapping that polls it from the beginning, a function. */
export interface Given {
  /** @default 1 */
  readonly partitions?: number;
  readonly mapping?: MappingRequest;
  /** @default - the defaults of the settings */
  readonly open?: Partial<OpenSettings>;
  /** The on-failure destination, and how many deliveries it refuses first. @default - none */
  readonly destination?: { readonly refusals: number };
  /** The function's script. @default - success, always */
  readonly answers?: Script;
}

/** The function's response to an invocation; `index` counts invocations from 0. */
export type Script = (invocation: Invocation, index: number) => Answer;

/** A response of the function. */
export type Answer =
  /** The result, as JSON. */
  | { readonly kind: 'result'; readonly value: unknown }
  /** A result that reports these records, `partition:offset`, as failed items. */
  | { readonly kind: 'failed items'; readonly records: readonly string[] }
  | { readonly kind: 'error' }
  /** Held: the case responds later. */
  | { readonly kind: 'held' };

/** A record to produce. */
export interface RecordIn {
  /** @default 0 */
  readonly partition?: number;
  /** Age of its timestamp in seconds. @default 0 */
  readonly age?: number;
  /** Bytes; null for a null key. @default - a few */
  readonly key?: number | null;
  /** Bytes; null for a null value. @default - a few */
  readonly value?: number | null;
}

/** An invocation as the function receives it. */
export interface Invocation {
  /** Its records, `partition:offset`, in the order of the event. */
  readonly records: readonly string[];
  /** The event, as JSON text. */
  readonly event: string;
  /** Milliseconds of a common clock. */
  readonly startedAt: number;
  /** When it ended; absent before. */
  readonly endedAt?: number;
}

/** An entry of the on-failure destination. */
export interface DestinationEntry {
  readonly condition: string;
  readonly batchSize: number;
  readonly invokes: number;
  /** First and last offset of each partition. */
  readonly offsets: Readonly<Record<number, readonly [first: number, last: number]>>;
}

/** What was observed from outside so far. */
export interface Seen {
  /** In the order in which they began. */
  readonly invocations: readonly Invocation[];
  /** Committed offset by partition; 0 if there is none. */
  readonly committed: readonly number[];
  /** In the order of their arrival. */
  readonly entries: readonly DestinationEntry[];
}

/** The topic, mapping, function and destination of a running case. */
export interface StackUnderTest extends Seen {
  /** Milliseconds by which something may be observed too early or too late. */
  readonly tolerance: { readonly early: number; readonly late: number };
  /** Appends records in this order, in one request. */
  produce(...records: readonly RecordIn[]): Promise<void>;
  /** Waits for a condition; rejects with `what` if it never holds. */
  until(what: string, condition: (seen: Seen) => boolean): Promise<void>;
  /** Lets a number of milliseconds pass. */
  pass(milliseconds: number): Promise<void>;
  /** Completes a held invocation. */
  answer(invocation: Invocation | undefined, answer: Answer): Promise<void>;
  /** While on, invocations do not reach the function. */
  throttle(on: boolean): void;
  /** While on, commits fail without effect. */
  failCommits(on: boolean): void;
  /** Changes the number of pollers. */
  setPollers(count: number): Promise<void>;
  /** Deletes the mapping after its running invocations have ended. */
  stop(): Promise<void>;
  /** Creates the mapping again, with the same consumer group. */
  start(position: StartingPosition): Promise<void>;
}

/** One row of the table of behaviours. */
export interface ConformanceCase {
  readonly id: string;
  readonly behaviour: string;
  readonly evidence: Evidence;
  readonly given: Given;
  /** Rejects if the stack behaves differently. */
  run(stack: StackUnderTest): Promise<void>;
}

/** A system on which cases can run. */
export interface Target {
  readonly name: string;
  /** Runs a case with its own topic, consumer group and function. */
  run(conformanceCase: ConformanceCase): Promise<void>;
}
