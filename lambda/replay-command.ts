import { parseReplayCommand } from './core/failed-batch/replay-command.ts';
import { selectFailedBatches } from './core/failed-batch/select-failed-batches.ts';
import type { Clock, FailedBatchListing, ReplayRequests, ReplayTelemetry } from './core/ports.ts';
import { type InvocationContext, timeLeft } from './invocation.ts';

/** The parts that a replay command works with. */
export interface ReplayCommandDeps {
  readonly failedBatches: FailedBatchListing;
  readonly requests: ReplayRequests;
  readonly clock: Clock;
  readonly telemetry: Pick<ReplayTelemetry, 'commandDone'>;
}

/** The result of a command. Numbers count failed batches. */
export interface ReplayCommandResult {
  readonly dryRun: boolean;
  /** Entries that were looked at. */
  readonly scanned: number;
  /** Entries that were put on the replay queue or, with `dryRun`, would have been. */
  readonly enqueued: number;
  /** Entries that match but are left out because they are already replayed; `force` includes them. */
  readonly alreadyReplayed: number;
  /** The first keys of those that are enqueued. */
  readonly failedBatches: readonly string[];
  /** Where it stopped for lack of time: repeat the command with this to continue. Absent when it is complete. */
  readonly continuation?: string;
}

/** Maximum of keys that a result names. */
const MOST_KEYS = 100;
/** A page takes some seconds: with less time than this left, no further page is begun. */
const PAGE_MS = 15_000;
/** Milliseconds after which an attempt of a call counts as lost: none of the calls is large. */
const ATTEMPT_MS = 5_000;

/**
 * Creates the handler of replay commands: it selects failed batches in their bucket and puts them on the
 * replay queue, page by page, until the invocation's time runs short.
 *
 * @throws {ArchiverError} `INVALID_EVENT` for an event that is not a command, `LOAD_FAILED`, `QUEUE_FAILED`
 */
export function createReplayCommand(deps: ReplayCommandDeps) {
  const { clock, failedBatches, requests, telemetry } = deps;
  return async (event: unknown, context: InvocationContext): Promise<ReplayCommandResult> => {
    const { continuation: after, dryRun, ...selection } = parseReplayCommand(event);
    const options = { signal: clock.timeout(timeLeft(context)), attemptTimeout: ATTEMPT_MS };
    const keys: string[] = [];
    let [scanned, enqueued, alreadyReplayed] = [0, 0, 0];
    let next: string | undefined;
    for await (const page of selectFailedBatches(failedBatches, selection, { after, ...options })) {
      if (!dryRun) await requests.enqueue(page.selected, options);
      scanned += page.scanned;
      enqueued += page.selected.length;
      alreadyReplayed += page.replayed;
      keys.push(...page.selected.slice(0, MOST_KEYS - keys.length).map(({ key }) => key));
      next = page.next;
      if (timeLeft(context) <= PAGE_MS) break;
    }
    const figures = { dryRun, scanned, enqueued, alreadyReplayed };
    telemetry.commandDone(context.awsRequestId, { ...figures, isComplete: next === undefined });
    return { ...figures, failedBatches: keys, ...(next !== undefined && { continuation: next }) };
  };
}
