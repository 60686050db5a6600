import type { AuditTopic } from './contract.ts';
import type { AuditTelemetry, UnauditedTopic } from './core/audit/audit-telemetry.ts';
import type { LedgerStore } from './core/audit/ledger.ts';
import { type AuditReport, openFindings } from './core/audit/report.ts';
import { nameFirst } from './core/bounded-text.ts';
import { ArchiverError, toArchiverError } from './core/errors.ts';
import type { CallOptions, Clock } from './core/ports.ts';
import { type InvocationContext, type LogContext, timeLeft } from './invocation.ts';

/** The audit of one topic, and the limits of its calls. */
export interface AuditJob extends CallOptions {
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** The invocation, and the ARN of the function. */
  readonly requestId: string;
  readonly functionArn: string;
}

/** The audit of one topic, and the records of it that were written to be archived again. */
export interface TopicAudit {
  readonly report: AuditReport;
  /** Number of records that were written as failed batches, to be archived again. */
  readonly healedRecords: number;
  /** Why what is lost was not healed, or not all of it; undefined if it was, or did not have to be. */
  readonly notHealed?: ArchiverError | undefined;
}

/** The parts that the audit function works with. */
export interface AuditDeps {
  readonly topics: readonly AuditTopic[];
  readonly ledgers: Pick<LedgerStore, 'load'>;
  /**
   * Audits one topic, and heals it where the settings say so.
   *
   * @throws {ArchiverError} if it is not audited
   */
  readonly auditTopic: (topic: AuditTopic, job: AuditJob) => Promise<TopicAudit>;
  readonly clock: Clock;
  readonly telemetry: AuditTelemetry;
}

/** Milliseconds after which an attempt of a call counts as lost. */
const ATTEMPT_MS = 5_000;
/** Milliseconds without which a further topic is left to the next invocation. */
const LEAST_MS = 30_000;

/**
 * Creates the handler of the audit function. It audits every topic, beginning with those whose last audit is the
 * oldest, until its time runs short. Each audit but the last may use half of the time that is left, so that one that
 * does not end cannot keep the others from theirs. Whatever the event is, it makes the same audits.
 *
 * @throws {ArchiverError} the first failure, once every other topic is audited and all failures are logged, those to heal
 * included
 */
export function createAudit(deps: AuditDeps) {
  const { auditTopic, clock, telemetry } = deps;
  return async (
    _event: unknown,
    context: InvocationContext & Pick<LogContext, 'invokedFunctionArn'>,
  ): Promise<void> => {
    const { awsRequestId: requestId, invokedFunctionArn: functionArn } = context;
    const queue = await oldestFirst(deps, limitsOf(timeLeft(context)));
    const failures: { readonly topic: string; readonly error: ArchiverError }[] = [];
    for (const [index, { auditedAt, open, topic }] of queue.entries()) {
      const waiting = queue.slice(index);
      const left = timeLeft(context);
      if (index > 0 && left < LEAST_MS) {
        telemetry.topicsPostponed(
          requestId,
          waiting.map((each) => ({ topic: each.topic.topic, open: each.open })),
        );
        break;
      }
      const startedAt = clock.now();
      try {
        const limits = limitsOf(waiting.length === 1 ? left : Math.floor(left / 2));
        const audited = await auditTopic(topic, {
          ...{ functionArn, requestId, startedAt },
          ...limits,
        });
        const auditAge = auditedAt === undefined ? undefined : startedAt - auditedAt;
        telemetry.topicAudited({ requestId, auditAge, ...audited });
        const { notHealed } = audited;
        if (notHealed !== undefined) failures.push({ topic: topic.topic, error: notHealed });
      } catch (cause) {
        const error = toArchiverError(cause);
        telemetry.topicNotAudited(requestId, { topic: topic.topic, open }, error);
        failures.push({ topic: topic.topic, error });
      }
    }
    const [first] = failures;
    if (first === undefined) return;
    const { code, retryable } = first.error;
    const message = nameFirst(failures, ({ topic, error }) => `'${topic}': ${error.message}`);
    throw new ArchiverError(code, `not audited or not healed: ${message}`, {
      retryable,
      cause: first.error,
    });
  };

  function limitsOf(milliseconds: number): CallOptions {
    return { signal: clock.timeout(milliseconds), attemptTimeout: ATTEMPT_MS };
  }
}

interface Waiting extends Pick<UnauditedTopic, 'open'> {
  readonly topic: AuditTopic;
  /** Epoch milliseconds; undefined if no audit is known. */
  readonly auditedAt: number | undefined;
}

async function oldestFirst(
  { ledgers, topics }: Pick<AuditDeps, 'ledgers' | 'topics'>,
  options: CallOptions,
): Promise<readonly Waiting[]> {
  const waiting: Waiting[] = [];
  for (const topic of topics) waiting.push({ topic, ...(await lastAuditOf(topic)) });
  return waiting.sort((a, b) => (a.auditedAt ?? 0) - (b.auditedAt ?? 0));

  async function lastAuditOf({ topic }: AuditTopic): Promise<Omit<Waiting, 'topic'>> {
    const none = { auditedAt: undefined, open: undefined };
    try {
      const stored = await ledgers.load(topic, options);
      if (stored === undefined) return none;
      const { ledger } = stored;
      return { auditedAt: Date.parse(ledger.auditedAt), open: openFindings(ledger) };
    } catch {
      // The audit of this topic reads its ledger too, and fails with the reason.
      return none;
    }
  }
}
