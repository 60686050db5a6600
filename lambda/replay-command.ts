import type { InvocationContext } from './archive-handler.ts';
import { DEADLINE_MARGIN_MS } from './contract.ts';
import { parseReplayCommand } from './core/failed-batch/replay-command.ts';
import { selectPage } from './core/failed-batch/select-failed-batches.ts';
import type { Clock, FailedBatchListing, ReplayRequests, ReplayTelemetry } from './core/ports.ts';

/** The parts that a replay command works with. */
export interface ReplayCommandDeps {
  readonly failedBatches: FailedBatchListing;
  readonly requests: ReplayRequests;
  readonly clock: Clock;
  readonly telemetry: Pick<ReplayTelemetry, 'commandDone'>;
}

/** What a command came to. Numbers count failed batches. */
export interface ReplayCommandResult {
  readonly dryRun: boolean;
  /** Entries looked at. */
  readonly scanned: number;
  /** Put on the replay queue; with `dryRun`, those that would be. */
  readonly enqueued: number;
  /** Meant, but left out since they were replayed before; `force` takes them too. */
  readonly alreadyReplayed: number;
  /** Keys of the first of those that are enqueued. */
  readonly failedBatches: readonly string[];
  /** Where it stopped for lack of time: the same command with this goes on. Absent when all is done. */
  readonly continuation?: string;
}

/** Keys that a result names. */
const MOST_KEYS = 100;
/** A page takes some seconds: with less than this left, no other is begun. */
const PAGE_MS = 15_000;
/** Milliseconds after which one attempt of a call counts as lost: none of them is large. */
const ATTEMPT_MS = 5_000;

/**
 * Carries out a command: finds failed batches in the bucket and puts them on the replay queue, page by
 * page, as far as the invocation's time goes.
 *
 * @throws {ArchiverError} `INVALID_EVENT` for what is no command, `LOAD_FAILED`, `QUEUE_FAILED`
 */
export function createReplayCommand(deps: ReplayCommandDeps) {
  const { clock, failedBatches, requests, telemetry } = deps;
  return async (event: unknown, context: InvocationContext): Promise<ReplayCommandResult> => {
    const { continuation, dryRun, ...selection } = parseReplayCommand(event);
    const left = () => Math.max(0, context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS);
    const options = { signal: clock.timeout(left()), attemptTimeout: ATTEMPT_MS };
    const keys: string[] = [];
    let [scanned, enqueued, alreadyReplayed] = [0, 0, 0];
    let after = continuation;
    do {
      const page = await selectPage(failedBatches, selection, { after, ...options });
      if (!dryRun) await requests.enqueue(page.selected, options);
      scanned += page.scanned;
      enqueued += page.selected.length;
      alreadyReplayed += page.replayed;
      keys.push(...page.selected.slice(0, MOST_KEYS - keys.length).map(({ key }) => key));
      after = page.next;
    } while (after !== undefined && left() > PAGE_MS);
    const figures = { dryRun, scanned, enqueued, alreadyReplayed };
    telemetry.commandDone(context.awsRequestId, { ...figures, isComplete: after === undefined });
    return { ...figures, failedBatches: keys, ...(after !== undefined && { continuation: after }) };
  };
}
