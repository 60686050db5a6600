import { notificationAttributes as names } from '../../contract.ts';
import { MOST_NAMED, shorten } from '../bounded-text.ts';
import type { Notification, ReplayFailure } from '../ports.ts';
import { parseTopicPartition } from '../record/topic-partition.ts';
import { toAttributeText } from './carried-text.ts';
import { logLink } from './console-link.ts';
import {
  type CountedRun,
  describeRange,
  type FailedBatchSummary,
  knownRanges,
  type OffsetRange,
} from './failed-batch.ts';
import type { FailedBatchPointer } from './replay-message.ts';

/**
 * What a replay has found out about a failed batch; what it did not get to is undefined. It holds no
 * records, so it can outlive the batch.
 */
export interface ReplayFacts {
  readonly pointer?: FailedBatchPointer | undefined;
  readonly failedBatch?: FailedBatchSummary | undefined;
  /** Bounds and record counts of the entry's batch runs. */
  readonly runs?: readonly CountedRun[] | undefined;
}

/** What is known of a dead letter and of the invocation that gave it up. */
export interface DeadLetterFacts extends ReplayFacts {
  /** Name of the archive, which is that of its stack unless the stack holds other things. */
  readonly serviceName: string;
  /** Flags that select the archive in the command line. @default - `--stack` with the service name */
  readonly operatorFlags?: string | undefined;
  readonly failure: ReplayFailure;
  /** ISO 8601. */
  readonly diedAt: string;
  /** ARN and log of the replay function. */
  readonly invokedFunctionArn: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  /** Log group of the function that failed to archive the batch; undefined if there is none to link to. */
  readonly archiveLogGroup: string | undefined;
}

/** Maximum of characters of a text that others wrote, keys excepted. */
const MOST_TEXT = 1000;
/** Less than 100: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const MOST_SUBJECT = 99;
/** Longer than an invocation and the time until its batch is given up. */
const HOUR_MS = 3_600_000;

/**
 * Composes the notification of a dead letter: what happened, which records are affected, what to do and
 * where to look. Like the dead letter and the log line, it holds no payload, record key or header value.
 */
export function deadLetterNotification(facts: DeadLetterFacts): Notification {
  return {
    subject: subjectOf(facts),
    body: [
      'A failed batch could not be replayed. It is now in the dead-letter queue and will not be retried automatically.',
      whatHappened(facts),
      whichRecords(facts),
      whatToDo(facts),
      ...whereToLook(facts),
    ].join('\n\n'),
    attributes: attributesOf(facts),
  };
}

function subjectOf({ failedBatch, failure, runs, serviceName }: DeadLetterFacts): string {
  const [first, ...others] = knownRanges(failedBatch, runs);
  const range = first === undefined ? '' : `: ${describeRange(first)}`;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  const subject = `DEAD LETTER ${failure.error.code} in ${serviceName}${range}${more}`;
  const ascii = subject.replaceAll(/[^ -~]/gu, '?');
  return ascii.length <= MOST_SUBJECT ? ascii : `${ascii.slice(0, MOST_SUBJECT - 3)}...`;
}

function whatHappened(facts: DeadLetterFacts): string {
  const { diedAt, failedBatch, failure, pointer, serviceName } = facts;
  const { condition = 'unknown', failedAt, requestId = 'unknown' } = failedBatch ?? {};
  return [
    `Archive: ${serviceName}`,
    `Code: ${failure.error.code}`,
    `Reason: ${shortLine(failure.error.message)}`,
    `Bucket: ${shortLine(pointer?.bucket ?? 'unknown')}`,
    `Key: ${pointer === undefined ? 'unknown' : oneLine(pointer.key)}`,
    `Archiving failed: ${shortLine(condition)}, ${shortLine(failedAt ?? 'time unknown')}`,
    `Archive request: ${shortLine(requestId)}`,
    `Replay failed: attempt ${failure.tries}, ${diedAt}`,
    `Replay request: ${failure.requestId}`,
  ].join('\n');
}

function whichRecords({ failedBatch, runs }: DeadLetterFacts): string {
  const ranges = knownRanges(failedBatch, runs);
  if (ranges.length === 0) return 'Records: unknown';
  const listed = ranges
    .slice(0, MOST_NAMED)
    .map((range) => `  ${shortLine(describeRange(range))}${inEntry(range, runs)}`);
  const more = ranges.length - listed.length;
  return ['Records:', ...listed, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n');
}

/** How many records of a topic-partition the entry holds; nothing if its event could not be read. */
function inEntry({ id }: OffsetRange, runs: DeadLetterFacts['runs']): string {
  if (runs === undefined) return '';
  const count = runs.find((run) => run.id === id)?.records ?? 0;
  return `: ${count} ${count === 1 ? 'record' : 'records'} in the entry`;
}

function whatToDo({ failure, pointer, ...archive }: DeadLetterFacts): string {
  const look = pointer === undefined ? 'status' : `replay show ${shellWord(oneLine(pointer.key))}`;
  const { serviceName, operatorFlags = `--stack ${serviceName}` } = archive;
  return [
    `What to do: docs/runbook.md#${failure.error.code.toLowerCase()}`,
    `  npx kafka-archive ${look} ${operatorFlags}`,
  ].join('\n');
}

function whereToLook(facts: DeadLetterFacts): readonly string[] {
  const { archiveLogGroup, failedBatch, failure, invokedFunctionArn: arn } = facts;
  const { logGroupName: logGroup, logStreamName: logStream } = facts;
  const replay = logLink(arn, { logGroup, logStream, phrase: failure.requestId });
  const log = `Replay log: ${logGroup}, ${logStream}${below(replay)}`;
  if (archiveLogGroup === undefined || failedBatch?.requestId === undefined) return [log];
  const phrase = shortLine(failedBatch.requestId);
  const failedAt = Date.parse(failedBatch.failedAt ?? '');
  const since = Number.isNaN(failedAt) ? undefined : failedAt - HOUR_MS;
  const archive = logLink(arn, { logGroup: archiveLogGroup, phrase, since });
  return [log, `Archive log: ${archiveLogGroup}${below(archive)}`];
}

function below(link: string | undefined): string {
  return link === undefined ? '' : `\n  ${link}`;
}

function attributesOf(facts: DeadLetterFacts): Readonly<Record<string, string>> {
  const { failedBatch, failure, pointer, runs, serviceName } = facts;
  const topics = new Set(knownRanges(failedBatch, runs).map(topicOf));
  const [topic] = topics.size === 1 ? topics : [];
  return {
    [names.service]: serviceName,
    [names.code]: failure.error.code,
    ...(topic && { [names.topic]: toAttributeText(topic) }),
    ...(pointer?.key && { [names.failedBatch]: toAttributeText(pointer.key) }),
  };
}

function topicOf({ id = '' }: OffsetRange): string | undefined {
  return parseTopicPartition(id)?.topic;
}

function shortLine(text: string): string {
  return shorten(oneLine(text), MOST_TEXT);
}

/** Puts a text that others wrote on one line, so that it cannot pass for lines of ours. */
function oneLine(text: string): string {
  return toAttributeText(text).replaceAll(/[\t\n\r\u{85}\u{2028}\u{2029}]/gu, ' ');
}

/** Quotes a key for a shell: anyone who can write to the bucket chooses keys, and an operator pastes them. */
function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
