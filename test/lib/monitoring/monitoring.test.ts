import { Duration } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import * as sns from 'aws-cdk-lib/aws-sns';
import { beforeAll, describe, expect, it } from 'vitest';
import { alarmNames } from '../../../lib/monitoring/alarm-names.ts';
import { resourcesOf, SYNTH_TIMEOUT_MS } from '../synthesize.ts';
import {
  alarmsOf,
  documentation,
  monitoredTemplate,
  watchedAudit,
  watchedStream,
} from './monitoring-fixture.ts';

let template: Template;

beforeAll(() => {
  template = monitoredTemplate((stack) => ({
    audit: watchedAudit(stack),
    stream: watchedStream(stack),
    topics: ['orders'],
    expectedTraffic: Duration.minutes(45),
    alarmSubscriptions: ['a@example.com'],
    measuredMappings: [{ topic: 'orders', mappingId: 'mapping-1' }],
    validated: true,
  }));
}, SYNTH_TIMEOUT_MS);

/** Severity and section of the runbook, from descriptions that say what happened and what to do first. */
const sections = () =>
  alarmsOf(template).map(({ AlarmDescription }) => {
    const [, severity, section] =
      /^\[(critical|high|low)\] [A-Z].+[^.]\. [A-Z].+[^.]\. Runbook: docs\/runbook\.md#([a-z-]+)$/.exec(
        String(AlarmDescription),
      ) ?? [];
    return { severity, section };
  });

describe('alarms', () => {
  it('are named after their sections of the runbook, in its order', () => {
    const names = Object.values(alarmNames);
    expect(sections().map(({ section }) => section)).toEqual(names);
    const ofTopics: readonly string[] = [alarmNames.noRecords, alarmNames.noPolls];
    expect(alarmsOf(template).map(({ AlarmName }) => AlarmName)).toEqual(
      names.map((name) => `Stack-${name}${ofTopics.includes(name) ? '-orders' : ''}`),
    );
  });

  it('have the severity that the documentation lists', () => {
    const rows = [...documentation.matchAll(/^\| \[`([a-z-]+)`\]\(runbook\.md#\1\) \| (\w+) \|/gm)];
    expect(rows.map(([, section, severity]) => ({ severity, section }))).toEqual(sections());
  });

  it('notify the topic when they fire and when they recover', () => {
    const [topic] = Object.keys(resourcesOf(template, 'AWS::SNS::Topic'));
    for (const { AlarmActions, OKActions } of alarmsOf(template)) {
      expect({ AlarmActions, OKActions }).toEqual({
        AlarmActions: [{ Ref: topic }],
        OKActions: [{ Ref: topic }],
      });
    }
  });

  it('notify an existing topic in place of one of the stack', {
    timeout: SYNTH_TIMEOUT_MS,
  }, () => {
    const arn = 'arn:aws:sns:eu-west-1:111122223333:on-call';
    const other = monitoredTemplate((stack) => ({
      alarmTopic: sns.Topic.fromTopicArn(stack, 'Given', arn),
    }));
    for (const type of ['AWS::SNS::Topic', 'AWS::SNS::TopicPolicy', 'AWS::KMS::Key']) {
      expect(resourcesOf(other, type)).toEqual({});
    }
    expect(alarmsOf(other)).toHaveLength(Object.keys(alarmNames).length - 13);
    for (const { AlarmActions, OKActions } of alarmsOf(other)) {
      expect({ AlarmActions, OKActions }).toEqual({ AlarmActions: [arn], OKActions: [arn] });
    }
  });
});
