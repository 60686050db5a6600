import { notificationAttributes as names } from '../../contract.ts';
import type { Notification, ReplayFailure } from '../ports.ts';
import type { BatchRun } from '../record/kafka-event.ts';
import { toAttributeText } from './carried-text.ts';
import { logLink } from './console-link.ts';
import {
  describeRange,
  type FailedBatchSummary,
  knownRanges,
  type OffsetRange,
} from './failed-batch.ts';
import type { FailedBatchPointer } from './replay-message.ts';

/** What is known of a dead letter, and of the invocation that made it one. */
export interface DeadLetterFacts {
  /** Name of the stack. */
  readonly serviceName: string;
  readonly failure: ReplayFailure;
  /** ISO 8601. */
  readonly diedAt: string;
  /** As far as they are known, as the next two. */
  readonly pointer: FailedBatchPointer | undefined;
  readonly failedBatch: FailedBatchSummary | undefined;
  /** The records that the entry has. */
  readonly runs: readonly BatchRun[] | undefined;
  /** The replay's own. */
  readonly invokedFunctionArn: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  /** Of the function that had failed. */
  readonly archiveLogGroup: string | undefined;
}

/** Most topic-partitions that are listed: a batch may have as many as its topic. */
const MOST_RANGES = 20;
/** Most characters of a text by others, but for keys. */
const MOST_TEXT = 1000;
/** Less than 100: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const MOST_SUBJECT = 99;
/** An invocation, and the time until its batch is given up, take less. */
const HOUR_MS = 3_600_000;

/**
 * Tells people of a dead letter: what happened, of which records, where to look and what to do. It has what
 * the dead letter and the log line have, and so no payload, record key or header value.
 */
export function deadLetterNotification(facts: DeadLetterFacts): Notification {
  return {
    subject: subjectOf(facts),
    body: [
      'A failed batch could not be replayed: it waits in the dead-letter queue for a person, and is not tried again by itself.',
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
  const said = first === undefined ? '' : `: ${describeRange(first)}`;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  const subject = `DEAD LETTER ${failure.error.code} in ${serviceName}${said}${more}`;
  const ascii = subject.replaceAll(/[^ -~]/gu, '?');
  return ascii.length <= MOST_SUBJECT ? ascii : `${ascii.slice(0, MOST_SUBJECT - 3)}...`;
}

function whatHappened(facts: DeadLetterFacts): string {
  const { diedAt, failedBatch, failure, pointer, serviceName } = facts;
  const { condition = 'unknown', failedAt, requestId = 'unknown' } = failedBatch ?? {};
  return [
    `Stack: ${serviceName}`,
    `Code: ${failure.error.code}`,
    `Reason: ${shortLine(failure.error.message)}`,
    `Bucket: ${shortLine(pointer?.bucket ?? 'unknown')}`,
    `Entry: ${pointer === undefined ? 'unknown' : oneLine(pointer.key)}`,
    `Failed: ${shortLine(condition)}, ${shortLine(failedAt ?? 'time unknown')}`,
    `Failed in: request ${shortLine(requestId)}`,
    `Given up: try ${failure.tries}, ${diedAt}`,
    `Given up in: request ${failure.requestId}`,
  ].join('\n');
}

function whichRecords({ failedBatch, runs }: DeadLetterFacts): string {
  const ranges = knownRanges(failedBatch, runs);
  if (ranges.length === 0) return 'Records: unknown';
  const listed = ranges
    .slice(0, MOST_RANGES)
    .map((range) => `  ${shortLine(describeRange(range))}${inEntry(range, runs)}`);
  const more = ranges.length - listed.length;
  return ['Records:', ...listed, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n');
}

/** How many records of a topic-partition the entry has, where its event could be read. */
function inEntry({ id }: OffsetRange, runs: readonly BatchRun[] | undefined): string {
  if (runs === undefined) return '';
  const count = runs.find((run) => run.id === id)?.records.length ?? 0;
  return `: ${count} ${count === 1 ? 'record' : 'records'} in the entry`;
}

function whatToDo({ failure, pointer, serviceName }: DeadLetterFacts): string {
  const look = pointer === undefined ? 'status' : `show ${shellWord(oneLine(pointer.key))}`;
  return [
    `What to do: docs/runbook.md#${failure.error.code.toLowerCase()}`,
    `  npm run replay -- ${look} --stack ${serviceName}`,
  ].join('\n');
}

function whereToLook(facts: DeadLetterFacts): readonly string[] {
  const { archiveLogGroup, failedBatch, failure, invokedFunctionArn: arn } = facts;
  const { logGroupName: logGroup, logStreamName: logStream } = facts;
  const replay = logLink(arn, { logGroup, logStream, phrase: failure.requestId });
  const log = `Log of the replay: ${logGroup}, ${logStream}${below(replay)}`;
  if (archiveLogGroup === undefined || failedBatch?.requestId === undefined) return [log];
  const phrase = shortLine(failedBatch.requestId);
  const failedAt = Date.parse(failedBatch.failedAt ?? '');
  const since = Number.isNaN(failedAt) ? undefined : failedAt - HOUR_MS;
  const archive = logLink(arn, { logGroup: archiveLogGroup, phrase, since });
  return [log, `Log of the failure: ${archiveLogGroup}${below(archive)}`];
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

/** A range is named topic-partition, and a topic may have hyphens. */
function topicOf({ id = '' }: OffsetRange): string {
  return id.slice(0, Math.max(0, id.lastIndexOf('-')));
}

function shortLine(text: string): string {
  const all = oneLine(text);
  return all.length <= MOST_TEXT ? all : `${all.slice(0, MOST_TEXT).toWellFormed()}…`;
}

/** A text by others, which must not look like more lines of ours. */
function oneLine(text: string): string {
  return toAttributeText(text).replaceAll(/[\t\n\r\u{85}\u{2028}\u{2029}]/gu, ' ');
}

/** Whoever can write to the bucket chooses the key, and somebody pastes it into a shell. */
function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
