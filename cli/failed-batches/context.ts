import type { SQSClient } from '@aws-sdk/client-sqs';
import type { CallOptions, FailedBatchListing, FailedBatchStore } from '../../lambda/core/ports.ts';
import { createS3FailedBatchStore } from '../../lambda/io/s3-failed-batch-store.ts';
import { ATTEMPT_MS, explain } from '../aws-calls.ts';
import { NotDone } from '../command.ts';
import type { Machine } from '../machine.ts';
import { createClients } from './clients.ts';
import { readLocalTargets } from './local-targets.ts';
import { checkTargets, findTargets, type Target, type TargetValues } from './targets.ts';

/** What a command for failed batches works with. */
export interface CommandContext<Needed extends Target = Target>
  extends Pick<Machine, 'now' | 'pause' | 'print' | 'progress'> {
  readonly targets: Readonly<Record<Needed, string>>;
  /** The limits of each call. */
  readonly calls: CallOptions;
  readonly sqs: SQSClient;
  /** Seconds to wait for messages of the dead-letter queue. */
  readonly waitSeconds: number;
  storeOf(bucket: string): FailedBatchStore & FailedBatchListing;
  /** Prints the answer: the document with `--json`, otherwise the lines. */
  answer(document: object, lines: () => readonly string[]): void;
  /** Prints a line ahead of the answer, unless `--json` is given. */
  tell(line: string): void;
}

/** How to run a command with {@link runOnFailedBatches}. */
export interface FailedBatchRun<Needed extends Target> {
  readonly needed: readonly Needed[];
  readonly values: TargetValues;
  readonly machine: Machine;
  /**
   * Seconds to wait for messages of the dead-letter queue. With 0, SQS asks only some of its servers.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
   *
   * @default 1
   */
  readonly waitSeconds?: number | undefined;
}

/**
 * Runs a command with clients and targets, and closes the clients.
 *
 * @param act returns false if it has said why it is not done
 * @throws {UsageError} if flags name some of the needed targets only, or a folder without targets; {@link NotDone}; {@link ArchiverError}
 */
export async function runOnFailedBatches<Needed extends Target>(
  { machine, needed, values: given, waitSeconds = 1 }: FailedBatchRun<Needed>,
  act: (context: CommandContext<Needed>) => Promise<boolean>,
): Promise<void> {
  const { environment, now, pause, print, stop } = machine;
  const values = given.local === undefined ? given : { ...given, ...readLocalTargets(given.local) };
  checkTargets(needed, values);
  const { cloudFormation, s3, sqs, destroy } = createClients(values, environment);
  const calls = { signal: stop, attemptTimeout: ATTEMPT_MS };
  const ignore = () => undefined;
  try {
    const isDone = await act({
      ...{ calls, now, pause, print, sqs, waitSeconds },
      targets: await findTargets(needed, values, { client: cloudFormation, ...calls }),
      storeOf: (bucket) => createS3FailedBatchStore(s3, bucket),
      answer(document, lines) {
        const output = values.json ? [JSON.stringify(document, undefined, 2)] : lines();
        for (const line of output) print(line);
      },
      tell: values.json ? ignore : print,
      progress: values.json ? ignore : machine.progress,
    });
    if (!isDone) throw new NotDone();
  } catch (error) {
    throw explain(error, stop.aborted);
  } finally {
    machine.progress('');
    destroy();
  }
}
