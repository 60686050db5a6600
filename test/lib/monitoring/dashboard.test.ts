import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { METRIC_NAMESPACE, metricNames, replayMetricNames } from '../../../lambda/contract.ts';
import { propertiesOf, resourcesOf, SYNTH_TIMEOUT_MS } from '../synthesize.ts';
import { ids, monitoredTemplate } from './monitoring-fixture.ts';

interface Widget {
  readonly type: string;
  readonly x: number;
  readonly width: number;
  readonly properties: {
    readonly title: string;
    readonly alarms?: readonly string[];
    readonly metrics?: readonly (readonly unknown[])[];
    readonly annotations?: unknown;
  };
}

interface Body {
  readonly periodOverride: string;
  readonly widgets: readonly Widget[];
}

let template: Template;
let body: Body;

beforeAll(() => {
  template = monitoredTemplate();
  body = JSON.parse(bodyText());
}, SYNTH_TIMEOUT_MS);

/** The body, with logical ids in place of what CloudFormation puts there. */
function bodyText(): string {
  const { DashboardBody } = propertiesOf(template, 'AWS::CloudWatch::Dashboard');
  const { 'Fn::Join': join } = DashboardBody as { 'Fn::Join': [string, unknown[]] };
  return join[1]
    .map((part) => {
      if (typeof part === 'string') return part;
      const { Ref, 'Fn::GetAtt': attribute } = part as {
        readonly Ref?: string;
        readonly 'Fn::GetAtt'?: readonly string[];
      };
      return Ref ?? attribute?.[0];
    })
    .join('');
}

/** The lines of a graph: a metric with its dimensions, or an expression. */
function linesOf(title: string): unknown[] {
  const widget = body.widgets.find(({ properties }) => properties.title === title);
  return (widget?.properties.metrics ?? []).map((line) => {
    const [only] = line;
    const { expression } = Object(only);
    return expression ?? line.filter((part) => typeof part === 'string').join(' ');
  });
}

const search = (schema: string, names: string, statistic = 'Sum') =>
  `SEARCH('{MskS3Archiver,service,${schema}} service="Stack" (${names})', '${statistic}')`;

describe('the dashboard', () => {
  it('is called as the stack is, with sums of five minutes at any time range', () => {
    expect(propertiesOf(template, 'AWS::CloudWatch::Dashboard').DashboardName).toBe('Stack');
    expect(body.periodOverride).toBe('inherit');
  });

  it('answers a question a row', () => {
    expect(body.widgets.map(({ x, width, properties }) => [x, width, properties.title])).toEqual([
      [0, 24, 'Is it healthy?'],
      [0, 12, 'How far behind: records'],
      [12, 12, 'How far behind: milliseconds, by topic'],
      [0, 12, 'Throughput: records, by topic'],
      [12, 12, 'Throughput: bytes'],
      [0, 12, 'Failures: errors and throttles'],
      [12, 12, 'Failures: longest invocation, milliseconds'],
      [0, 8, 'Failed batches: waiting'],
      [8, 8, 'Failed batches: what became of them'],
      [16, 8, 'Failures: objects'],
      [0, 8, 'Cost: invocations'],
      [8, 8, 'Cost: GB-seconds'],
      [16, 8, 'Cost: PUT requests'],
    ]);
  });

  it('has a row of docs/operate.md for each widget', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/operate.md'), 'utf8');
    const missing = body.widgets
      .map(({ properties }) => properties.title)
      .filter((title) => !page.includes(`\n| ${title} |`));
    expect(missing).toEqual([]);
  });

  it('shows every alarm', () => {
    expect(body.widgets[0]?.properties.alarms).toEqual(
      Object.keys(resourcesOf(template, 'AWS::CloudWatch::Alarm')),
    );
  });

  it('shows of our metrics those of the contract, by names it has', () => {
    const names: readonly string[] = [
      ...Object.values(metricNames),
      ...Object.values(replayMetricNames),
    ];
    const text = JSON.stringify(body);
    const shown = [...text.matchAll(/MetricName=\\"(\w+)\\"/g)].map(([, name]) => name ?? '');
    expect(shown.length).toBeGreaterThan(10);
    expect(shown.filter((name) => !names.includes(name))).toEqual([]);
    // Only by search, so none escapes the line above.
    expect(text).not.toContain(`"${METRIC_NAMESPACE}"`);
  });

  it('shows how far behind the archive is, and how far it may be', () => {
    expect(linesOf('How far behind: records')).toEqual([
      `AWS/Lambda OffsetLag FunctionName ${ids.archive}`,
    ]);
    expect(linesOf('How far behind: milliseconds, by topic')).toEqual([
      search('topic', 'MetricName="OldestRecordAge"', 'Maximum'),
    ]);
    expect(body.widgets[2]?.properties.annotations).toEqual({
      horizontal: [{ value: 900_000, label: 'dataAgeTargetSeconds', yAxis: 'left' }],
    });
  });

  it('shows what fails, and what becomes of failed batches', () => {
    expect(linesOf('Failures: errors and throttles')).toEqual([
      `AWS/Lambda Errors FunctionName ${ids.archive}`,
      `AWS/Lambda Throttles FunctionName ${ids.archive}`,
      `AWS/Lambda Errors FunctionName ${ids.replay}`,
      `AWS/Lambda Throttles FunctionName ${ids.replay}`,
      `AWS/Lambda DestinationDeliveryFailures FunctionName ${ids.archive}`,
    ]);
    expect(linesOf('Failed batches: waiting')).toEqual([
      `AWS/SQS ApproximateNumberOfMessagesVisible QueueName ${ids.replayQueue}`,
      `AWS/SQS ApproximateNumberOfMessagesDelayed QueueName ${ids.replayQueue}`,
      `AWS/SQS ApproximateNumberOfMessagesNotVisible QueueName ${ids.replayQueue}`,
      `AWS/SQS ApproximateNumberOfMessagesVisible QueueName ${ids.deadLetterQueue}`,
    ]);
    expect(linesOf('Failed batches: what became of them')).toEqual([
      `SUM(${search('topic', 'MetricName="ReplayedBatches"')})`,
      search('reason', 'MetricName="DeadLetters"'),
    ]);
  });

  it('shows what costs: memory times time, and puts that find their key taken, too', () => {
    expect(linesOf('Cost: GB-seconds')).toEqual([
      'archive / 1000 * 1.5',
      `AWS/Lambda Duration FunctionName ${ids.archive}`,
      'replay / 1000 * 1.5',
      `AWS/Lambda Duration FunctionName ${ids.replay}`,
    ]);
    expect(linesOf('Cost: PUT requests')).toEqual([
      `SUM(${search('topic', 'MetricName="Objects" OR MetricName="AlreadyStored"')})`,
      `SUM(${search('topic', 'MetricName="ReplayedObjects" OR MetricName="ReplayAlreadyStored"')})`,
    ]);
  });
});
