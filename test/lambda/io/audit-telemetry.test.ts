import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { METRIC_NAMESPACE } from '../../../lambda/contract.ts';
import type { Finding, HoleTally } from '../../../lambda/core/audit/finding.ts';
import type { AuditReport, PartitionReport } from '../../../lambda/core/audit/report.ts';
import { ArchiverError } from '../../../lambda/core/errors.ts';
import { type AuditedArchive, createAuditTelemetry } from '../../../lambda/io/audit-telemetry.ts';

const printed: string[] = [];
beforeEach(() => {
  printed.length = 0;
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  for (const level of ['log', 'info', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((line: string) => void printed.push(line));
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const telemetry = (archive: Partial<AuditedArchive> = {}) =>
  createAuditTelemetry(
    new Logger({ serviceName: 'shop' }),
    new Metrics({ namespace: METRIC_NAMESPACE, serviceName: 'shop' }),
    { serviceName: 'shop', ...archive },
  );

interface Line extends Readonly<Record<string, unknown>> {
  readonly _aws?: { readonly CloudWatchMetrics: readonly { readonly Dimensions: string[][] }[] };
}

/** The printed lines: of metrics without the specification of their format, of the log without its time. */
function lines() {
  return printed.map((text) => {
    const { _aws, timestamp, ...line }: Line = JSON.parse(text);
    const [dimensions] = _aws?.CloudWatchMetrics[0]?.Dimensions ?? [];
    return dimensions === undefined ? line : { dimensions, ...line };
  });
}

const partition = (number: number, given: Partial<PartitionReport> = {}): PartitionReport => ({
  ...{ partition: number, from: 0, through: 100, lastStable: 100, stored: 100, duplicates: 0 },
  ...{ holes: {}, findings: [], ...given },
});

function report(partitions: readonly PartitionReport[]): AuditReport {
  return {
    ...{ topic: 'orders', claim: 'audited', startedAt: '2026-11-28T09:00:00.000Z' },
    ...{ isFullListing: false, objectsListed: 12, objectsRead: 1, hoursWritten: 2, partitions },
  };
}

const finding = (kind: Finding['class'], given: Partial<Finding> = {}): Finding => ({
  ...{ partition: 0, first: 10, last: 11, class: kind, offsets: 2, isOnBroker: true },
  ...{ seenAt: '2026-11-28T09:00:00.000Z', evidence: 'The broker has them.' },
  ...given,
});

const audited = (partitions: readonly PartitionReport[]) => ({
  ...{ requestId: 'request-1', report: report(partitions), auditAge: undefined, healedRecords: 0 },
});

const zeros = { LostRecords: 0, UnexplainedOffsets: 0, ConflictingOffsets: 0 };
const ofStack = { dimensions: ['service'], service: 'shop' };
const ofTopic = { dimensions: ['service', 'topic'], service: 'shop', topic: 'orders' };
const ofClass = { ...ofTopic, dimensions: ['service', 'topic', 'class'] };

describe('an audit that finds everything', () => {
  it('has zeros with the topic and, for the alarms, without it', () => {
    const sums = [
      partition(0, { duplicates: 3 }),
      partition(1, { lastStable: 140, duplicates: 4 }),
    ];
    telemetry().topicAudited({ ...audited(sums), auditAge: 3_600_000 });
    expect(lines()).toEqual([
      { ...ofStack, ...zeros, TopicsAudited: 1 },
      {
        ...{ ...ofTopic, ...zeros, DuplicateOffsets: 7, AuditLag: 40, AuditAge: 3_600_000 },
        ...{ TopicsAudited: 1, HealedRecords: 0, HoursWritten: 2 },
      },
      expect.objectContaining({
        ...{ level: 'INFO', message: 'topic audited', requestId: 'request-1', topic: 'orders' },
        ...{ claim: 'audited', isFullListing: false, objectsListed: 12, objectsRead: 1 },
        ...{ partitions: 2, stored: 200, duplicates: 7, lag: 40, holes: {}, hoursWritten: 2 },
        ...{ auditAge: 3_600_000, healedRecords: 0, startedAt: '2026-11-28T09:00:00.000Z' },
      }),
    ]);
    expect(lines()[2]).not.toHaveProperty('command');
  });

  it('has no age if it is the first', () => {
    telemetry().topicAudited(audited([partition(0)]));
    expect(lines()[1]).not.toHaveProperty('AuditAge');
  });

  it('has a metric for each class that has holes', () => {
    const holes: HoleTally[] = [{ aborted: 5, filtered: 1 }, { aborted: 2 }];
    telemetry().topicAudited(audited(holes.map((each, i) => partition(i, { holes: each }))));
    expect(lines().slice(2)).toEqual([
      { ...ofClass, class: 'aborted', Holes: 7 },
      { ...ofClass, class: 'filtered', Holes: 1 },
      expect.objectContaining({ level: 'INFO', holes: { aborted: 7, filtered: 1 } }),
    ]);
  });
});

describe('an audit that finds something wrong', () => {
  it('counts what is open by kind, and warns of it with its evidence and the command to heal it', () => {
    const acknowledged = { at: '2026-11-01T00:00:00.000Z', reason: 'known' };
    const findings = [
      finding('lost'),
      finding('lost', { offsets: 100, acknowledged }),
      finding('unexplained', { offsets: 3, isOnBroker: false }),
      finding('conflict', { offsets: 4 }),
      finding('another-life', { offsets: 5 }),
      finding('failed-batch', { offsets: 6 }),
    ];
    telemetry().topicAudited({ ...audited([partition(0, { findings })]), healedRecords: 2 });
    const [stack, topic, line] = lines();
    const open = { LostRecords: 2, UnexplainedOffsets: 3, ConflictingOffsets: 9 };
    expect(stack).toEqual({ ...ofStack, ...open, TopicsAudited: 1 });
    expect(topic).toMatchObject({ ...open, HealedRecords: 2 });
    expect(line).toMatchObject({
      ...{ level: 'WARN', message: 'topic audited' },
      command: 'npx kafka-archive audit --topic orders --heal --stack shop',
    });
    const shown = (kind: string, offsets: number, isOnBroker = true) => ({
      ...{ partition: 0, first: 10, last: 11, offsets, class: kind, isOnBroker },
      ...{ seenAt: '2026-11-28T09:00:00.000Z', evidence: 'The broker has them.' },
    });
    expect(line).toHaveProperty('findings', [
      shown('lost', 2),
      shown('unexplained', 3, false),
      shown('conflict', 4),
      shown('another-life', 5),
    ]);
  });

  it('says why what is lost was not healed, beside what was found', () => {
    const notHealed = new ArchiverError('STORE_WRITE_FAILED', 'put refused');
    const given = audited([partition(0, { findings: [finding('lost')] })]);
    telemetry().topicAudited({ ...given, notHealed });
    const [stack] = lines();
    expect(stack).toMatchObject({ LostRecords: 2, TopicsAudited: 1 });
    expect(lines().at(-1)).toMatchObject({
      message: 'topic audited',
      notHealed: { code: 'STORE_WRITE_FAILED', retryable: false, reason: 'put refused' },
    });
  });

  it('names the command that looks again where nothing can be healed', () => {
    const findings = [finding('lost', { isOnBroker: false }), finding('unexplained')];
    telemetry({ operatorFlags: '--stack Shop --archive Orders' }).topicAudited(
      audited([partition(0, { findings })]),
    );
    expect(lines().at(-1)).toHaveProperty(
      'command',
      'npx kafka-archive audit --topic orders --stack Shop --archive Orders',
    );
  });

  it('names the first of many findings', () => {
    const findings = Array.from({ length: 23 }, () => finding('lost'));
    telemetry().topicAudited(audited([partition(0, { findings })]));
    const line = lines().at(-1);
    expect(line).toMatchObject({ moreFindings: 3 });
    expect(line).toHaveProperty('findings.length', 20);
  });
});

describe('a topic that is not audited', () => {
  const none = [
    { ...ofStack, TopicsAudited: 0 },
    { ...ofTopic, TopicsAudited: 0 },
  ];

  it('has its reason in the log', () => {
    const error = new ArchiverError('KAFKA_FAILED', 'no broker');
    telemetry().topicNotAudited('request-1', { topic: 'orders', open: undefined }, error);
    expect(lines()).toEqual([
      ...none,
      expect.objectContaining({
        ...{ level: 'ERROR', message: 'topic not audited', requestId: 'request-1' },
        ...{ topic: 'orders', code: 'KAFKA_FAILED', retryable: false, reason: 'no broker' },
      }),
    ]);
  });

  it('keeps what its last audit left open, which other topics must not end the alarm of', () => {
    const open = [finding('lost'), finding('conflict', { offsets: 4 })];
    const error = new ArchiverError('KAFKA_FAILED', 'no broker');
    telemetry().topicNotAudited('request-1', { topic: 'orders', open }, error);
    telemetry().topicsPostponed('request-1', [{ topic: 'orders', open }]);
    const figures = {
      LostRecords: 2,
      UnexplainedOffsets: 0,
      ConflictingOffsets: 4,
      TopicsAudited: 0,
    };
    const [stack, topic, , ...postponed] = lines();
    expect([stack, topic]).toEqual([
      { ...ofStack, ...figures },
      { ...ofTopic, ...figures },
    ]);
    expect(postponed.slice(0, 2)).toEqual([stack, topic]);
  });

  it('for lack of time, is named with the others', () => {
    telemetry().topicsPostponed('request-1', [{ topic: 'orders', open: undefined }]);
    expect(lines()).toEqual([
      ...none,
      expect.objectContaining({
        ...{ level: 'WARN', message: 'topics left to the next audit', topics: ['orders'] },
      }),
    ]);
    const many = Array.from({ length: 22 }, (_, i) => `topic-${i}`);
    telemetry().topicsPostponed(
      'request-1',
      many.map((topic) => ({ topic, open: undefined })),
    );
    expect(lines().at(-1)).toMatchObject({ topics: many.slice(0, 20), moreTopics: 2 });
  });
});
