import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import * as sns from 'aws-cdk-lib/aws-sns';
import { beforeAll, describe, expect, it } from 'vitest';
import { alarmNames } from '../../../lib/monitoring/alarm-names.ts';
import { resourcesOf, SYNTH_TIMEOUT_MS } from '../synthesize.ts';
import { alarmsOf, monitoredTemplate, watchedStream } from './monitoring-fixture.ts';

let template: Template;

beforeAll(() => {
  template = monitoredTemplate((stack) => ({
    stream: watchedStream(stack),
    topics: ['orders'],
    expectedTraffic: Duration.minutes(45),
    alarmSubscriptions: ['a@example.com'],
    measuredMappings: [{ topic: 'orders', mappingId: 'mapping-1' }],
  }));
}, SYNTH_TIMEOUT_MS);

/** The section of the runbook that each alarm's description points to, with its severity. */
const sections = () =>
  alarmsOf(template).map(({ AlarmDescription }) => {
    const [, severity, section] =
      /^\[(critical|high|low)\] .+[^.]\. docs\/runbook\.md#([a-z-]+)$/.exec(
        String(AlarmDescription),
      ) ?? [];
    return { severity, section };
  });

describe('alarms', () => {
  it('have a section of the runbook each, in its order, and are named by it', () => {
    const names = Object.values(alarmNames);
    expect(sections().map(({ section }) => section)).toEqual(names);
    expect(alarmsOf(template).map(({ AlarmName }) => AlarmName)).toEqual(
      names.map((name) => `Stack-${name}${name === alarmNames.noRecords ? '-orders' : ''}`),
    );
  });

  it('are as severe as docs/operate.md says', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/operate.md'), 'utf8');
    const rows = [...page.matchAll(/^\| \[`([a-z-]+)`\]\(runbook\.md#\1\) \| (\w+) \|/gm)];
    expect(rows.map(([, section, severity]) => ({ severity, section }))).toEqual(sections());
  });

  it('tell the topic when they begin and when they are over', () => {
    const [topic] = Object.keys(resourcesOf(template, 'AWS::SNS::Topic'));
    for (const { AlarmActions, OKActions } of alarmsOf(template)) {
      expect({ AlarmActions, OKActions }).toEqual({
        AlarmActions: [{ Ref: topic }],
        OKActions: [{ Ref: topic }],
      });
    }
  });

  it('tell a topic that is given, in place of one of the stack', {
    timeout: SYNTH_TIMEOUT_MS,
  }, () => {
    const arn = 'arn:aws:sns:eu-west-1:111122223333:on-call';
    const other = monitoredTemplate((stack) => ({
      alarmTopic: sns.Topic.fromTopicArn(stack, 'Given', arn),
    }));
    for (const type of ['AWS::SNS::Topic', 'AWS::SNS::TopicPolicy', 'AWS::KMS::Key']) {
      expect(resourcesOf(other, type)).toEqual({});
    }
    expect(alarmsOf(other)).toHaveLength(Object.keys(alarmNames).length - 6);
    for (const { AlarmActions, OKActions } of alarmsOf(other)) {
      expect({ AlarmActions, OKActions }).toEqual({ AlarmActions: [arn], OKActions: [arn] });
    }
  });
});
