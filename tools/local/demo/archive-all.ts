import type { Pipeline } from '../mapping/pipeline.ts';
import { sizeOf } from '../mapping/take-in-turn.ts';
import type { DemoTopic } from './demo-topic.ts';
import type { Ledger } from './ledger.ts';
import type { ArchivedRecord } from './read-back.ts';
import type { DemoCounts } from './report.ts';

/** Input of {@link archiveAll}. */
export interface ArchiveRun {
  readonly topics: readonly DemoTopic[];
  /** Has a mapping for each topic. */
  readonly pipeline: Pipeline;
  readonly counts: DemoCounts;
  readonly ledger: Ledger;
  readonly progress: (line: string) => void;
  /** Whether any number of failed invocations is expected. */
  readonly isPatient: boolean;
  /** Rejects if there is no point in continuing. */
  readonly refused: Promise<never>;
}

/** Consecutive failed invocations after which an impatient run gives up, as a user is waiting. */
const MAX_FAILURES = 5;

const PROGRESS_MS = 500;

/**
 * Archives the topics, while their records are produced or read into the ledger. Resolves when
 * everything is committed, or when an impatient run gives up; then nothing is left running.
 */
export async function archiveAll(run: ArchiveRun): Promise<void> {
  const { topics, pipeline, counts, isPatient, ledger, progress, refused } = run;
  const stop = new AbortController();
  const expectIn = (kind: 'found' | 'produced') => (record: ArchivedRecord) => {
    ledger.expect(record);
    counts[kind] += 1;
    counts.bytesIn += sizeOf(record);
  };
  const timer = setInterval(() => {
    const lag = topics.map((topic) => topic.lag()).reduce((sum, each) => sum + each, 0);
    progress(counts.progress(lag));
    if (!isPatient && counts.failuresInARow >= MAX_FAILURES) pipeline.stop();
  }, PROGRESS_MS);
  const archived = pipeline.run();
  const learned = Promise.all(
    topics.map((each) => each.learn(expectIn(each.isFound ? 'found' : 'produced'), stop.signal)),
  );
  try {
    await Promise.race([archived, learned.then(() => archived), refused]);
  } finally {
    clearInterval(timer);
    stop.abort();
    pipeline.stop();
    await pipeline.close();
    await Promise.allSettled([archived, learned]);
  }
}
