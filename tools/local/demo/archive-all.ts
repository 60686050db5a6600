import type { Pipeline } from '../mapping/pipeline.ts';
import { sizeOf } from '../mapping/take-in-turn.ts';
import type { DemoTopic } from './demo-topic.ts';
import type { Ledger } from './ledger.ts';
import type { ArchivedRecord } from './read-back.ts';
import type { DemoCounts } from './report.ts';

/** What a run archives, and what it notes of it. */
export interface ArchiveRun {
  readonly topics: readonly DemoTopic[];
  /** With a mapping for each of the topics. */
  readonly pipeline: Pipeline;
  readonly counts: DemoCounts;
  readonly ledger: Ledger;
  readonly progress: (line: string) => void;
  /** Whether failed invocations are to be expected, however many. */
  readonly isPatient: boolean;
  /** Rejects when it is of no use to go on. */
  readonly refused: Promise<never>;
}

/** Failed invocations in a row after which an impatient run gives up, as a user is waiting. */
const MAX_FAILURES = 5;

const PROGRESS_MS = 500;

/**
 * Archives the topics, while what is in them is produced or read into the ledger. Resolves when all is
 * committed, or when invocations fail again and again and it is not patient; then nothing of it is left
 * running.
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
