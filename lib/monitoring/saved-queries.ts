import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { logMessages } from '../../lambda/contract.ts';
import { archiveName } from '../archive-name.ts';

/** The logs that the queries of {@link createSavedQueries} read. */
export interface SavedQueriesProps {
  readonly archiveLog: logs.ILogGroup;
  readonly replayLog: logs.ILogGroup;
  /** @default - no audit */
  readonly auditLog?: logs.ILogGroup;
}

/** Names of the saved queries, which follow the name of the stack and `/`. */
export const queryNames = {
  slowestBatches: 'slowest-batches',
  failuresByCode: 'failures-by-code',
  archivedOffsets: 'archived-offsets',
  deadLetters: 'dead-letters',
  auditFindings: 'audit-findings',
  auditFailures: 'audit-failures',
} as const;

/** Saves Logs Insights queries that answer the first questions of an on-call engineer. */
export function createSavedQueries(
  scope: Construct,
  { archiveLog, replayLog, auditLog }: SavedQueriesProps,
): void {
  const archive = archiveName(scope);
  const queries = [
    ['SlowestBatches', queryNames.slowestBatches, slowestBatches, [archiveLog]],
    ['FailuresByCode', queryNames.failuresByCode, failuresByCode, [archiveLog, replayLog]],
    ['ArchivedOffsets', queryNames.archivedOffsets, archivedOffsets, [archiveLog, replayLog]],
    ['DeadLetters', queryNames.deadLetters, deadLetters, [replayLog]],
    ...(auditLog === undefined
      ? []
      : ([
          ['AuditFindings', queryNames.auditFindings, auditFindings, [auditLog]],
          ['AuditFailures', queryNames.auditFailures, auditFailures, [auditLog]],
        ] as const)),
  ] as const;
  for (const [id, name, lines, asked] of queries) {
    // The QueryDefinition construct of the CDK does not support unnest.
    new logs.CfnQueryDefinition(scope, id, {
      name: `${archive}/${name}`,
      queryString: lines.join('\n| '),
      logGroupNames: asked.map(({ logGroupName }) => logGroupName),
    });
  }
}

const { batchArchived, batchDelayed, batchDied, batchNotArchived, batchRefused, batchReplayed } =
  logMessages;
const { topicAudited, topicNotAudited, topicsPostponed } = logMessages;

/** A filter for lines with one of these messages. */
const saying = (...messages: readonly string[]): string =>
  `filter message in ${JSON.stringify(messages)}`;

const slowestBatches = [
  'fields @timestamp, topic, records, objects, failedObjects, encodeMilliseconds, storeMilliseconds, oldestRecordAge, requestId',
  saying(batchArchived, batchNotArchived),
  'sort storeMilliseconds desc',
  'limit 20',
];

const failuresByCode = [
  // A batch that was not archived has a list of failures, and counts once, under the first.
  'fields coalesce(code, failures.0.code) as failureCode',
  saying(batchNotArchived, batchRefused, batchDelayed, batchDied),
  'stats count(*) as times, min(@timestamp) as firstSeen, max(@timestamp) as lastSeen by message, failureCode',
  'sort times desc',
];

/** By topic and partition. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Unnest.html */
const archivedOffsets = [
  'fields jsonParse(@message) as line',
  saying(batchArchived, batchReplayed),
  'unnest line.runs into run',
  'stats min(run.firstOffset) as firstOffset, max(run.lastOffset) as lastOffset, sum(run.records) as records by topic, run.partition',
  'sort topic asc',
];

const deadLetters = [
  'fields @timestamp, code, reason, failedBatch, condition, offsets, tries, requestId',
  saying(batchDied),
  'sort @timestamp desc',
  'limit 100',
];

/** Ranges that need an operator, by topic, the latest audit first. Each topic has the command to run next. */
const auditFindings = [
  'fields jsonParse(@message) as line',
  saying(topicAudited),
  'unnest line.findings into finding',
  'fields @timestamp, topic, finding.class, finding.partition, finding.first, finding.last, finding.offsets, finding.isOnBroker, finding.evidence, command',
  'sort @timestamp desc',
  'limit 100',
];

/** Topics that were not audited, or left to the next audit because the time was short. */
const auditFailures = [
  'fields @timestamp, message, topic, code, reason, topics.0 as firstPostponed, requestId',
  saying(topicNotAudited, topicsPostponed),
  'sort @timestamp desc',
  'limit 100',
];
