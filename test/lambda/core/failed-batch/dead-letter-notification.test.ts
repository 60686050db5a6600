import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ArchiverError, type ErrorCode } from '../../../../lambda/core/errors.ts';
import {
  type DeadLetterFacts,
  deadLetterNotification,
} from '../../../../lambda/core/failed-batch/dead-letter-notification.ts';
import { parseFailedBatch } from '../../../../lambda/core/failed-batch/failed-batch.ts';
import type { ReplayFailure } from '../../../../lambda/core/ports.ts';
import { parseBatch } from '../../../../lambda/core/record/kafka-event.ts';
import { failedBatchOf, failedBatchSample } from '../../../helpers/failed-batches.ts';
import { mskEvent, mskRecord, mskRecords } from '../../../helpers/kafka-events.ts';

const key = 'aws/lambda/u-1/orders-3/2026/11/24/2026-11-24T00.38.06-x';
const event = mskEvent([
  ...mskRecords(100, 50, { value: 'secret-value', key: 'secret-key' }),
  mskRecord({ partition: 0, offset: 7, headers: [['secret-name', 'secret-header']] }),
]);

const failure = (code: ErrorCode, reason: string): ReplayFailure => ({
  requestId: 'request-1',
  messageId: 'message-1',
  tries: 10,
  error: new ArchiverError(code, reason),
  // The notification takes these from the pointer and the entry.
  ...{ failedBatch: undefined, condition: undefined, offsets: undefined },
});

/** The batch runs of an event, as the replay handler passes them on. */
const runsOf = (given: object) =>
  parseBatch(given).runs.map(({ records, ...run }) => ({ ...run, records: records.length }));

const facts: DeadLetterFacts = {
  serviceName: 'KafkaArchive',
  failure: failure(
    'STORE_WRITE_FAILED',
    'orders-3 offsets 100 to 149: AccessDenied, HTTP 403 (STORE_WRITE_FAILED)',
  ),
  diedAt: '2026-11-24T03:12:45.310Z',
  pointer: { bucket: 'failed-batches', key },
  failedBatch: parseFailedBatch(failedBatchOf(event)),
  runs: runsOf(event),
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:replay',
  logGroupName: 'replay-log',
  logStreamName: '2026/11/24/[$LATEST]5f0e',
  archiveLogGroup: 'archive-log',
};

/** The notification of these facts, with some changed. */
const told = (change: Partial<DeadLetterFacts> = {}) =>
  deadLetterNotification({ ...facts, ...change });

/** The lines of a body, from the one that begins like this to the next empty one. */
function block(body: string, start: string): string {
  return body.split('\n\n').find((each) => each.startsWith(start)) ?? '';
}

const console =
  'https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group';
const replayLink = `${console}/replay-log/log-events/2026$252F11$252F24$252F$255B$2524LATEST$255D5f0e$3FfilterPattern$3D$2522request-1$2522`;

const nothingKnown = { pointer: undefined, failedBatch: undefined, runs: undefined };

/** A batch with one record in each of the given number of partitions. */
function wideBatch(partitions: number) {
  const records = Array.from({ length: partitions }, (_, partition) => mskRecord({ partition }));
  const wide = mskEvent(records);
  return {
    failedBatch: parseFailedBatch(failedBatchOf(wide)),
    runs: runsOf(wide),
  };
}

describe('the notification of a dead letter', () => {
  it('says what happened, which records are affected, what to do and where to look', () => {
    expect(told()).toEqual({
      subject:
        'DEAD LETTER STORE_WRITE_FAILED in KafkaArchive: orders-3 offsets 100 to 149 and 1 more',
      body: [
        'A failed batch could not be replayed. It is now in the dead-letter queue and will not be retried automatically.',
        '',
        'Archive: KafkaArchive',
        'Code: STORE_WRITE_FAILED',
        'Reason: orders-3 offsets 100 to 149: AccessDenied, HTTP 403 (STORE_WRITE_FAILED)',
        'Bucket: failed-batches',
        `Key: ${key}`,
        'Archiving failed: RetryAttemptsExhausted, 2026-11-24T00:38:06.021Z',
        'Archive request: request-0',
        'Replay failed: attempt 10, 2026-11-24T03:12:45.310Z',
        'Replay request: request-1',
        '',
        'Records:',
        '  orders-3 offsets 100 to 149: 50 records in the entry',
        '  orders-0 offset 7: 1 record in the entry',
        '',
        'What to do: docs/runbook.md#store_write_failed',
        `  npx kafka-archive replay show '${key}' --stack KafkaArchive`,
        '',
        'Replay log: replay-log, 2026/11/24/[$LATEST]5f0e',
        `  ${replayLink}`,
        '',
        'Archive log: archive-log',
        `  ${console}/archive-log/log-events$3FfilterPattern$3D$2522request-0$2522$26start$3D1795477086021`,
      ].join('\n'),
      attributes: {
        service: 'KafkaArchive',
        code: 'STORE_WRITE_FAILED',
        topic: 'orders',
        'failed-batch': key,
      },
    });
  });

  it('names the archive of a stack with several as the command line does', () => {
    const operatorFlags = '--stack Shop --archive Orders';
    expect(told({ ...nothingKnown, operatorFlags }).body).toContain(
      '\n  npx kafka-archive status --stack Shop --archive Orders\n',
    );
  });

  it('says what it can if only the message is known', () => {
    const reason = 'not a message of the replay queue: it is not JSON';
    expect(told({ ...nothingKnown, failure: failure('INVALID_MESSAGE', reason) })).toEqual({
      subject: 'DEAD LETTER INVALID_MESSAGE in KafkaArchive',
      body: [
        'A failed batch could not be replayed. It is now in the dead-letter queue and will not be retried automatically.',
        '',
        'Archive: KafkaArchive',
        'Code: INVALID_MESSAGE',
        `Reason: ${reason}`,
        'Bucket: unknown',
        'Key: unknown',
        'Archiving failed: unknown, time unknown',
        'Archive request: unknown',
        'Replay failed: attempt 10, 2026-11-24T03:12:45.310Z',
        'Replay request: request-1',
        '',
        'Records: unknown',
        '',
        'What to do: docs/runbook.md#invalid_message',
        '  npx kafka-archive status --stack KafkaArchive',
        '',
        'Replay log: replay-log, 2026/11/24/[$LATEST]5f0e',
        `  ${replayLink}`,
      ].join('\n'),
      attributes: { service: 'KafkaArchive', code: 'INVALID_MESSAGE' },
    });
  });

  it('matches docs/operate.md', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../../docs/operate.md'), 'utf8');
    const { body, subject } = told();
    expect(page).toContain(`\`${subject}\``);
    expect(page).toContain(`\n\`\`\`\n${body}\n\`\`\`\n`);
  });

  it('contains nothing from the records', () => {
    expect(JSON.stringify(told())).not.toContain('secret');
  });

  it('lists the offsets of an entry without records, and no counts', () => {
    const failedBatch = parseFailedBatch(failedBatchSample('oversize'));
    const { body, subject } = told({ failedBatch, runs: undefined });
    expect(block(body, 'Records')).toBe('Records:\n  orders-3 offset 4960');
    expect(subject).toMatch(/: orders-3 offset 4960$/);
  });

  it('shows which records an entry names but does not hold', () => {
    const { body } = told({ runs: facts.runs?.slice(0, 1) });
    expect(block(body, 'Records')).toContain('\n  orders-0 offset 7: 0 records in the entry');
  });

  it('takes the offsets from the records if the entry names none', () => {
    const failedBatch = { ...parseFailedBatch('{"KafkaBatchInfo":{}}') };
    const { attributes, body } = told({ failedBatch });
    expect(block(body, 'Records')).toBe(block(told().body, 'Records'));
    expect(attributes).toMatchObject({ topic: 'orders' });
    expect(body).toContain('Archiving failed: unknown, time unknown\nArchive request: unknown\n');
    expect(body).not.toContain('Archive log');
  });

  it('lists twenty topic-partitions and counts the rest', () => {
    const listOf = (partitions: number) =>
      block(told(wideBatch(partitions)).body, 'Records')
        .split('\n')
        .slice(1);
    expect(listOf(20)).toHaveLength(20);
    expect(listOf(21)).toEqual([...listOf(20), '  and 1 more']);
    expect(listOf(500).at(-1)).toBe('  and 480 more');
  });

  it.each([
    [300, 'KafkaArchive'],
    [1, 'S'.repeat(128)],
  ])('has a subject that SNS accepts: %i partitions, stack %s', (partitions, serviceName) => {
    const { subject } = told({ ...wideBatch(partitions), serviceName });
    expect(subject).toMatch(/^[ -~]{1,99}$/);
  });

  it('cuts a subject that is too long, and keeps one that just fits', () => {
    const fixed = 'DEAD LETTER LOAD_FAILED in '.length;
    const of = (length: number) =>
      told({
        ...nothingKnown,
        failure: failure('LOAD_FAILED', 'x'),
        serviceName: 'S'.repeat(length),
      }).subject;
    expect(of(99 - fixed)).toBe(`DEAD LETTER LOAD_FAILED in ${'S'.repeat(99 - fixed)}`);
    expect(of(100 - fixed)).toBe(`DEAD LETTER LOAD_FAILED in ${'S'.repeat(96 - fixed)}...`);
  });

  it('puts foreign text on one line, bounds its length, and restricts subjects to ASCII', () => {
    const failedBatch = {
      ...parseFailedBatch(failedBatchSample('oversize')),
      condition: `a\nCode: none\u2028${'x'.repeat(2000)}`,
      ranges: [
        {
          ...{ id: 'ö\r\n-3', firstOffset: '1', lastOffset: '2' },
          ...{ firstTimestamp: undefined, lastTimestamp: undefined },
        },
      ],
    };
    const { body, subject } = told({ failedBatch, runs: undefined });
    expect(subject).toBe('DEAD LETTER STORE_WRITE_FAILED in KafkaArchive: ???-3 offsets 1 to 2');
    expect(block(body, 'Archive')).toContain(
      `\nArchiving failed: a Code: none ${'x'.repeat(1000 - 'a Code: none '.length)}…, `,
    );
    expect(block(body, 'Records')).toBe('Records:\n  ö  -3 offsets 1 to 2');
  });

  it('quotes any key for a shell', () => {
    const { attributes, body } = told({ pointer: { bucket: 'b', key: `it's; rm\n$(x)` } });
    expect(body).toContain(`show 'it'\\''s; rm $(x)' --stack`);
    expect(attributes).toMatchObject({ 'failed-batch': `it's; rm\n$(x)` });
  });

  it('has an attribute for the topic only if there is exactly one', () => {
    const topicOf = (...ids: readonly (string | undefined)[]) => {
      const [range] = parseFailedBatch(failedBatchSample('oversize')).ranges;
      if (range === undefined) throw new Error('no range');
      const ranges = ids.map((id) => ({ ...range, id }));
      const failedBatch = { ...parseFailedBatch(failedBatchSample('oversize')), ranges };
      return told({ failedBatch, runs: undefined }).attributes.topic;
    };
    expect(topicOf('a-b-3', 'a-b-12')).toBe('a-b');
    expect(topicOf('a-3', 'b-3')).toBeUndefined();
    expect(topicOf(undefined)).toBeUndefined();
    expect(topicOf('nothing')).toBeUndefined();
  });

  it('has no link if the console or the log is unknown', () => {
    const elsewhere = told({ invokedFunctionArn: 'arn:aws-iso:lambda:us-iso-east-1:1:function:x' });
    expect(elsewhere.body).not.toContain('https:');
    expect(elsewhere.body.split('\n\n').slice(-2)).toEqual([
      'Replay log: replay-log, 2026/11/24/[$LATEST]5f0e',
      'Archive log: archive-log',
    ]);
    expect(told({ archiveLogGroup: undefined }).body).not.toContain('Archive log');
  });

  it.each([undefined, 'yesterday'])(
    'links to all log lines if the time of failure is %s',
    (timestamp) => {
      const entry = { ...JSON.parse(failedBatchOf(event)), timestamp };
      const failedBatch = parseFailedBatch(JSON.stringify(entry));
      expect(told({ failedBatch }).body).toMatch(/request-0\$2522$/);
    },
  );
});
