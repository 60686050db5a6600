import type { ArchiverError } from '../errors.ts';
import type { Finding } from './finding.ts';
import type { AuditReport } from './report.ts';

/** An audit of one topic, for its log line and its metrics. */
export interface AuditSummary {
  readonly requestId: string;
  readonly report: AuditReport;
  /** Milliseconds since the start of the audit before this one; undefined for the first. */
  readonly auditAge: number | undefined;
  /** Number of records that were written as failed batches, to be archived again. */
  readonly healedRecords: number;
  /** Why what is lost was not healed, or not all of it; undefined if it was, or did not have to be. */
  readonly notHealed?: ArchiverError | undefined;
}

/** A topic that an invocation has not audited. */
export interface UnauditedTopic {
  readonly topic: string;
  /** What the last audit left open, which is still true; undefined if no audit is known. */
  readonly open: readonly Finding[] | undefined;
}

/** Logs and metrics of the audit function. No argument contains a payload, a record key or a header value. */
export interface AuditTelemetry {
  topicAudited(summary: AuditSummary): void;
  topicNotAudited(requestId: string, topic: UnauditedTopic, error: ArchiverError): void;
  /** The invocation has no time for these topics; the next one audits them first. */
  topicsPostponed(requestId: string, topics: readonly UnauditedTopic[]): void;
}
