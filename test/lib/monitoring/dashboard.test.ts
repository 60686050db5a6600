import { Duration } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { propertiesOf, resourcesOf, SYNTH_TIMEOUT_MS } from '../synthesize.ts';
import {
  dashboardOf,
  documentation,
  ids,
  monitoredTemplate,
  watchedAudit,
} from './monitoring-fixture.ts';

let template: Template;
let body: ReturnType<typeof dashboardOf>;

beforeAll(() => {
  template = monitoredTemplate((stack) => ({ audit: watchedAudit(stack) }));
  body = dashboardOf(template);
}, SYNTH_TIMEOUT_MS);

/** The lines of a graph: a metric with its dimensions, or an expression. */
function linesOf(title: string): unknown[] {
  const widget = body.widgets.find(({ properties }) => properties.title === title);
  return (widget?.properties.metrics ?? []).map((line) => {
    const { expression } = Object(line[0]);
    return expression ?? line.filter((part) => typeof part === 'string').join(' ');
  });
}

const search = (schema: string, names: string, statistic = 'Sum') =>
  `SEARCH('{MskS3Archiver,service,${schema}} service="Stack" (${names})', '${statistic}')`;

describe('the dashboard', () => {
  it('has the name of the stack, and sums of five minutes at any time range', () => {
    expect(propertiesOf(template, 'AWS::CloudWatch::Dashboard').DashboardName).toBe('Stack');
    expect(body.periodOverride).toBe('inherit');
  });

  it('answers one question per row', () => {
    expect(body.widgets.map(({ x, width, properties }) => [x, width, properties.title])).toEqual([
      [0, 24, 'Is it healthy?'],
      [0, 12, 'How far behind: records'],
      [12, 12, 'How far behind: milliseconds, by topic'],
      [0, 12, 'Throughput: records, by topic'],
      [12, 12, 'Throughput: bytes'],
      [0, 12, 'Failures: errors and throttles'],
      [12, 12, 'Failures: longest invocation, milliseconds'],
      [0, 8, 'Failed batches: waiting'],
      [8, 8, 'Failed batches: outcome'],
      [16, 8, 'Failures: objects'],
      [0, 6, 'Proven through: records behind, by topic'],
      [6, 6, 'Proven through: milliseconds between audits, by topic'],
      [12, 6, 'Missing offsets, by topic and class'],
      [18, 6, 'Lost, unexplained or conflicting, by topic'],
      [0, 8, 'Cost: invocations'],
      [8, 8, 'Cost: GB-seconds'],
      [16, 8, 'Cost: PUT requests'],
    ]);
  });

  it('is documented, each widget with a row', () => {
    const titles = body.widgets.map(({ properties }) => properties.title);
    expect(titles.filter((title) => !documentation.includes(`\n| ${title} |`))).toEqual([]);
  });

  it('shows every alarm', () => {
    expect(body.widgets[0]?.properties.alarms).toEqual(
      Object.keys(resourcesOf(template, 'AWS::CloudWatch::Alarm')),
    );
  });

  it.each([
    ['How far behind: records', [`AWS/Lambda OffsetLag FunctionName ${ids.archive}`]],
    [
      'How far behind: milliseconds, by topic',
      [search('topic', 'MetricName="OldestRecordAge"', 'Maximum')],
    ],
    [
      'Failures: errors and throttles',
      [
        `AWS/Lambda Errors FunctionName ${ids.archive}`,
        `AWS/Lambda Throttles FunctionName ${ids.archive}`,
        `AWS/Lambda Errors FunctionName ${ids.replay}`,
        `AWS/Lambda Throttles FunctionName ${ids.replay}`,
        `AWS/Lambda DestinationDeliveryFailures FunctionName ${ids.archive}`,
      ],
    ],
    [
      'Failed batches: waiting',
      [
        `AWS/SQS ApproximateNumberOfMessagesVisible QueueName ${ids.replayQueue}`,
        `AWS/SQS ApproximateNumberOfMessagesDelayed QueueName ${ids.replayQueue}`,
        `AWS/SQS ApproximateNumberOfMessagesNotVisible QueueName ${ids.replayQueue}`,
        `AWS/SQS ApproximateNumberOfMessagesVisible QueueName ${ids.deadLetterQueue}`,
      ],
    ],
    [
      'Failed batches: outcome',
      [
        `SUM(${search('topic', 'MetricName="ReplayedBatches"')})`,
        search('reason', 'MetricName="DeadLetters"'),
      ],
    ],
    [
      'Proven through: records behind, by topic',
      [search('topic', 'MetricName="AuditLag"', 'Maximum')],
    ],
    [
      'Missing offsets, by topic and class',
      [search('topic,class', 'MetricName="Holes"', 'Maximum')],
    ],
    [
      'Lost, unexplained or conflicting, by topic',
      [
        search(
          'topic',
          'MetricName="LostRecords" OR MetricName="UnexplainedOffsets" OR MetricName="ConflictingOffsets"',
          'Maximum',
        ),
      ],
    ],
    [
      'Cost: GB-seconds',
      [
        'archive / 1000 * 1.5',
        `AWS/Lambda Duration FunctionName ${ids.archive}`,
        'replay / 1000 * 1.5',
        `AWS/Lambda Duration FunctionName ${ids.replay}`,
      ],
    ],
    [
      // A PUT whose key already exists costs the same.
      'Cost: PUT requests',
      [
        `SUM(${search('topic', 'MetricName="Objects" OR MetricName="AlreadyStored"')})`,
        `SUM(${search('topic', 'MetricName="ReplayedObjects" OR MetricName="ReplayAlreadyStored"')})`,
      ],
    ],
  ])('shows in %s', (title, lines) => {
    expect(linesOf(title)).toEqual(lines);
  });

  it('shows the lag and the errors of each measured mapping', () => {
    const measured = dashboardOf(
      monitoredTemplate(() => ({
        measuredMappings: [{ topic: 'orders', mappingId: 'mapping-1' }],
        validated: true,
      })),
    ).widgets;
    const linesIn = (title: string) =>
      measured
        .find(({ properties }) => properties.title === title)
        ?.properties.metrics?.map(([, name, , id, options]) => [name, id, Object(options).label]);
    expect(linesIn('How far behind: records')).toEqual([['MaxOffsetLag', 'mapping-1', 'orders']]);
    expect(linesIn('Events: errors, by topic')).toEqual([
      ['PollingErrorCount', 'mapping-1', 'orders poll'],
      ['CommitErrorCount', 'mapping-1', 'orders commit'],
      ['OnFailureDestinationDeliveryErrorCount', 'mapping-1', 'orders on-failure destination'],
      ['SchemaRegistryErrorCount', 'mapping-1', 'orders schema registry'],
    ]);
  });

  it('shows at most a hundred alarms in a widget', () => {
    const topics = Array.from({ length: 50 }, (_, index) => `topic-${index}`);
    const crowded = monitoredTemplate(() => ({
      topics,
      expectedTraffic: Duration.minutes(45),
      measuredMappings: topics.map((topic) => ({ topic, mappingId: topic })),
    }));
    const lists = dashboardOf(crowded).widgets.flatMap(({ properties }) => [
      properties.alarms ?? [],
    ]);
    const shown = lists.filter((alarms) => alarms.length > 0);
    expect(shown.flat()).toEqual(Object.keys(resourcesOf(crowded, 'AWS::CloudWatch::Alarm')));
    expect(shown.map(({ length }) => length)).toEqual([100, shown.flat().length - 100]);
  });

  it('has no row of the audit in a stack without one', () => {
    const titles = dashboardOf(monitoredTemplate()).widgets.map(
      ({ properties }) => properties.title,
    );
    expect(titles.filter((title) => /Proven|Missing|Lost/.test(title))).toEqual([]);
    expect(titles).toHaveLength(13);
  });

  it('shows the time between two audits as a line', () => {
    const [, age] = body.widgets.filter(({ properties }) => properties.title.startsWith('Proven'));
    expect(age?.properties.annotations).toEqual({
      horizontal: [{ value: 7_200_000, label: 'auditEvery', yAxis: 'left' }],
    });
  });

  it('shows the target of the age as a line', () => {
    expect(body.widgets[2]?.properties.annotations).toEqual({
      horizontal: [{ value: 900_000, label: 'dataAgeTargetSeconds', yAxis: 'left' }],
    });
  });
});
