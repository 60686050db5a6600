import { describe, expect, it } from 'vitest';
import {
  type AuditDeps,
  type AuditJob,
  createAudit,
  type TopicAudit,
} from '../../lambda/audit-handler.ts';
import type { AuditTopic } from '../../lambda/contract.ts';
import type { AuditSummary, AuditTelemetry } from '../../lambda/core/audit/audit-telemetry.ts';
import type { Finding } from '../../lambda/core/audit/finding.ts';
import type { AuditReport } from '../../lambda/core/audit/report.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';
import { fakeClock, invocation } from '../helpers/archive-parts.ts';
import { noon } from '../helpers/kafka-events.ts';

const HOUR = 3_600_000;

const topicOf = (topic: string): AuditTopic => ({
  ...{ topic, group: `shop-${topic}`, start: 'earliest', filters: [] },
});

const reportOf = (topic: string): AuditReport => ({
  ...{ topic, claim: 'audited', startedAt: '2025-11-23T12:00:00.000Z', isFullListing: true },
  ...{ objectsListed: 0, objectsRead: 0, hoursWritten: 0, partitions: [] },
});

const lost: Finding = {
  ...{ partition: 0, first: 0, last: 1, class: 'lost', offsets: 2, isOnBroker: true },
  ...{ seenAt: '2025-11-23T09:00:00.000Z', evidence: 'The broker has them.' },
};

interface Given {
  readonly topics: readonly string[];
  /** Epoch milliseconds of the last audit of each topic that had one, or why its ledger cannot be read. */
  readonly audits?: Readonly<Record<string, number | Error>>;
  readonly failing?: Readonly<Record<string, unknown>>;
  /** Why the topic is not healed. */
  readonly notHealed?: Readonly<Record<string, ArchiverError>>;
  /** Milliseconds that are left before each topic. */
  readonly left?: readonly number[];
}

/** Runs the function once. */
async function run({ audits = {}, failing = {}, left = [], notHealed = {}, topics }: Given) {
  const clock = fakeClock();
  const jobs: { topic: string; job: AuditJob }[] = [];
  const audited: AuditSummary[] = [];
  const notAudited: Parameters<AuditTelemetry['topicNotAudited']>[] = [];
  const postponed: Parameters<AuditTelemetry['topicsPostponed']>[] = [];
  const deps: AuditDeps = {
    clock,
    topics: topics.map(topicOf),
    ledgers: {
      async load(topic) {
        const at = audits[topic];
        if (at === undefined) return undefined;
        if (at instanceof Error) throw at;
        const auditedAt = new Date(at).toISOString();
        const ledger = {
          format: 1,
          topic,
          topicId: 'id',
          auditedAt,
          fullyListedAt: auditedAt,
        } as const;
        const own = { partition: 0, from: 0, segments: [], logStart: 0, findings: [lost] };
        return { ledger: { ...ledger, partitions: [own] }, version: '"1"' };
      },
    },
    async auditTopic({ topic }, job): Promise<TopicAudit> {
      jobs.push({ topic, job });
      if (topic in failing) throw failing[topic];
      return { report: reportOf(topic), healedRecords: 3, notHealed: notHealed[topic] };
    },
    telemetry: {
      topicAudited: (summary) => audited.push(summary),
      topicNotAudited: (...given) => notAudited.push(given),
      topicsPostponed: (...given) => postponed.push(given),
    },
  };
  const times = [...left];
  const context = { ...invocation, getRemainingTimeInMillis: () => times.shift() ?? 900_000 };
  const failure = await createAudit(deps)({}, context).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { audited, clock, failure, jobs, notAudited, postponed };
}

const topicsOf = (jobs: readonly { topic: string }[]) => jobs.map(({ topic }) => topic);

describe('the audit function', () => {
  it('audits each topic, those first whose last audit is the oldest', async () => {
    const { audited, failure, jobs } = await run({
      topics: ['recent', 'old', 'never', 'older'],
      audits: { recent: noon - HOUR, old: noon - 5 * HOUR, older: noon - 9 * HOUR },
    });
    expect(failure).toBeUndefined();
    expect(topicsOf(jobs)).toEqual(['never', 'older', 'old', 'recent']);
    expect(audited.map(({ auditAge, report }) => [report.topic, auditAge])).toEqual([
      ['never', undefined],
      ['older', 9 * HOUR + 10],
      ['old', 5 * HOUR + 15],
      ['recent', HOUR + 20],
    ]);
    expect(audited[0]).toMatchObject({ requestId: 'request-1', healedRecords: 3 });
    expect(jobs[0]?.job).toMatchObject({
      ...{ startedAt: noon + 5, attemptTimeout: 5_000, requestId: 'request-1' },
      functionArn: invocation.invokedFunctionArn,
    });
  });

  it('lets each audit but the last use half of the time that is left', async () => {
    const { clock } = await run({
      topics: ['a', 'b', 'c'],
      left: [900_000, 895_001, 605_000, 105_000],
    });
    // Whole milliseconds, as a signal needs them; reading the ledgers may use all of the time.
    expect(clock.timeouts).toEqual([895_000, 445_000, 300_000, 100_000]);
  });

  it('leaves topics to the next invocation when its time runs short', async () => {
    const { failure, jobs, postponed } = await run({
      topics: ['a', 'b', 'c'],
      audits: { a: noon - 3 * HOUR, b: noon - 2 * HOUR, c: noon - HOUR },
      left: [900_000, 890_000, 34_999],
    });
    expect(failure).toBeUndefined();
    expect(topicsOf(jobs)).toEqual(['a']);
    expect(postponed).toEqual([
      [
        'request-1',
        [
          { topic: 'b', open: [lost] },
          { topic: 'c', open: [lost] },
        ],
      ],
    ]);
  });

  it('audits one topic however little time it has', async () => {
    const { jobs, postponed } = await run({ topics: ['a'], left: [20_000, 20_000] });
    expect(topicsOf(jobs)).toEqual(['a']);
    expect(postponed).toEqual([]);
  });

  it('goes on after a failure, and fails at the end', async () => {
    const refused = new ArchiverError('KAFKA_FAILED', 'no broker', { retryable: true });
    const { audited, failure, notAudited } = await run({
      topics: ['a', 'b', 'c'],
      failing: { a: refused, b: new TypeError('payload') },
    });
    expect(audited.map(({ report }) => report.topic)).toEqual(['c']);
    expect(notAudited).toEqual([
      ['request-1', { topic: 'a', open: undefined }, refused],
      [
        'request-1',
        { topic: 'b', open: undefined },
        expect.objectContaining({ code: 'UNEXPECTED' }),
      ],
    ]);
    expect(failure).toMatchObject({
      ...{ code: 'KAFKA_FAILED', retryable: true, cause: refused },
      message: "not audited or not healed: 'a': no broker; 'b': unexpected TypeError",
    });
  });

  it('reports what an audit has found even if it cannot be healed, and fails at the end', async () => {
    const refused = new ArchiverError('STORE_WRITE_FAILED', 'put refused');
    const { audited, failure, notAudited } = await run({
      topics: ['a', 'b'],
      notHealed: { a: refused },
    });
    expect(audited.map(({ notHealed, report }) => [report.topic, notHealed])).toEqual([
      ['a', refused],
      ['b', undefined],
    ]);
    expect(notAudited).toEqual([]);
    expect(failure).toMatchObject({
      ...{ code: 'STORE_WRITE_FAILED', retryable: false, cause: refused },
      message: "not audited or not healed: 'a': put refused",
    });
  });

  it('audits a topic whose ledger cannot be read, so that its audit names the reason', async () => {
    const unreadable = new ArchiverError('LOAD_FAILED', 'a newer format');
    const { failure, jobs } = await run({
      topics: ['fine', 'broken'],
      audits: { fine: noon - HOUR, broken: unreadable },
      failing: { broken: unreadable },
    });
    expect(topicsOf(jobs)).toEqual(['broken', 'fine']);
    expect(failure).toMatchObject({ code: 'LOAD_FAILED', cause: unreadable });
  });
});
