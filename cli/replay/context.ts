import type { SQSClient } from '@aws-sdk/client-sqs';
import type {
  FailedBatchListing,
  FailedBatchStore,
  StoreOptions,
} from '../../lambda/core/ports.ts';
import { createS3FailedBatchStore } from '../../lambda/io/s3-failed-batch-store.ts';
import { ATTEMPT_MS } from '../aws-calls.ts';
import type { CommandMachine } from '../run-command.ts';
import type { Clients } from './clients.ts';
import type { CommonOptions } from './options.ts';
import { findTargets, type Target } from './targets.ts';

/** What the command line is handed of the machine. */
export interface ReplayCliDeps extends CommandMachine {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Writes over itself, elsewhere. */
  readonly progress: (line: string) => void;
  /** Seconds that the dead-letter queue has for an answer with nothing in it. */
  readonly waitSeconds: number;
}

/** What a command works with. */
export interface CommandContext
  extends Pick<ReplayCliDeps, 'now' | 'pause' | 'print' | 'waitSeconds'> {
  /** Of each call. */
  readonly calls: StoreOptions;
  readonly sqs: SQSClient;
  /** @throws {ArchiverError} `LOAD_FAILED` or `STORE_ABORTED` */
  find<Needed extends Target>(needed: readonly Needed[]): Promise<Readonly<Record<Needed, string>>>;
  storeOf(bucket: string): FailedBatchStore & FailedBatchListing;
  /** Whether to go on: the user says so, or has said so. */
  confirm(question: string): Promise<boolean>;
  /** Prints the answer: for a program or for people. */
  answer(json: object, lines: () => readonly string[]): void;
  /** Prints a line for people, on the way to the answer. */
  tell(line: string): void;
  /** Writes a line of progress for people. */
  progress(line: string): void;
}

/** Makes what a command works with. */
export function createContext(
  { json, targets, yes }: CommonOptions,
  deps: ReplayCliDeps,
  { cloudFormation, s3, sqs }: Clients,
): CommandContext {
  const { ask, now, pause, print, progress, stop, waitSeconds } = deps;
  const calls = { signal: stop, attemptTimeout: ATTEMPT_MS };
  const ignore = () => undefined;
  return {
    ...{ calls, now, pause, print, sqs, waitSeconds },
    find: (needed) => findTargets(needed, targets, { client: cloudFormation, ...calls }),
    storeOf: (bucket) => createS3FailedBatchStore(s3, bucket),
    async confirm(question) {
      progress('');
      return yes || (await ask?.(question)) === true;
    },
    answer(document, lines) {
      for (const line of json ? [JSON.stringify(document, undefined, 2)] : lines()) print(line);
    },
    tell: json ? ignore : print,
    progress: json ? ignore : progress,
  };
}
