/**
 * Settings of the alarms: who is notified, and when.
 *
 * @module
 */
import { z } from 'zod';
import { type AlarmName, alarmNames, topicAlarmName } from '../monitoring/alarm-names.ts';
import { parseClusterArn } from '../source/cluster-arn.ts';
import type { mappingSettings } from './mapping-settings.ts';
import { isSubscriber, must, nameList, text, wholeNumber } from './setting-forms.ts';
import type { SettingReport, SettingsOf } from './setting-report.ts';
import type { sourceSettings } from './source-settings.ts';
import type { topicSettings } from './topic-settings.ts';

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
export const MAX_ALARM_NAME_LENGTH = 255;

const subscriberError = must('be an e-mail address, or an https:// URL without a password');

/** The alarms. */
export const alarmSettings = {
  alarmSubscriptions: nameList({
    of: z.string({ error: subscriberError }).refine(isSubscriber, { error: subscriberError }),
    noun: 'subscriber',
    max: 50,
  })
    .optional()
    .meta({
      description:
        'E-mail addresses and https:// endpoints, at most 50, that are notified of alarms and dead letters, as a list or as text with commas. Each must confirm its subscription once. They are readable in the template: if the URL of an endpoint is a secret, use `alarmTopicArn`.',
      unset: 'no one is notified',
    }),
  alarmTopicArn: text(
    /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/,
    'be the ARN of an SNS topic that is not a FIFO topic',
  )
    .optional()
    .meta({
      description:
        'ARN of an existing SNS topic in the region of the stack that receives alarms and notifications of dead letters. Its policy, and the policy of its key, must allow CloudWatch and the replay function to publish. Set either this or `alarmSubscriptions`.',
      unset: 'the stack creates a topic',
    }),
  dataAgeTargetSeconds: wholeNumber({ min: 60, max: 604_800 })
    .default(900)
    .describe(
      'Age in seconds up to which records may be archived without an alarm. Must be more than `batchWindow`.',
    ),
  // An alarm looks back a day at most:
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
  expectedTrafficMinutes: wholeNumber({ min: 1, max: 1440 }).optional().meta({
    description:
      'Minutes within which every topic should receive records. Each topic gets an alarm that fires when no record arrives within that time, and at the first deployment until the first record is archived. Must be more than `batchWindow`.',
    unset:
      'no such alarms: without `eventMetrics`, a stopped mapping looks the same as a quiet topic',
  }),
};

type Given = SettingsOf<
  typeof alarmSettings & typeof mappingSettings & typeof sourceSettings & typeof topicSettings
>;

/** Reports alarm settings that do not go together. */
export function checkAlarms(report: SettingReport<Given>): void {
  checkTopic(report);
  checkTimes(report);
  checkNames(report);
}

function checkTopic(report: SettingReport<Given>): void {
  const { alarmSubscriptions, alarmTopicArn, clusterArn } = report.given;
  if (alarmTopicArn === undefined) return;
  if (alarmSubscriptions !== undefined) report.refuseBoth('alarmTopicArn', 'alarmSubscriptions');
  if (!report.isSound('alarmTopicArn', 'clusterArn')) return;
  const region = parseClusterArn(clusterArn ?? '')?.region;
  if (region === undefined || alarmTopicArn.split(':')[3] === region) return;
  const reason = 'an alarm can notify only topics in its own region';
  report.refuse('alarmTopicArn', `be in ${region} with that clusterArn`, { reason });
}

function checkTimes(report: SettingReport<Given>): void {
  const { batchWindow, dataAgeTargetSeconds: age, expectedTrafficMinutes: minutes } = report.given;
  if (!report.isSound('batchWindow')) return;
  const refuse = (name: keyof Given, least: number): void =>
    report.refuse(name, `be more than ${least} with batchWindow ${batchWindow}`, {
      reason: 'a batch can wait that long to fill',
    });
  if (report.isSound('dataAgeTargetSeconds') && age <= batchWindow) {
    refuse('dataAgeTargetSeconds', batchWindow);
  }
  if (minutes === undefined || !report.isSound('expectedTrafficMinutes')) return;
  if (minutes * 60 <= batchWindow) {
    refuse('expectedTrafficMinutes', Math.floor(batchWindow / 60));
  }
}

/** Only the names of alarms of single topics can be too long. */
function checkNames(report: SettingReport<Given>): void {
  const { stackName, topics, expectedTrafficMinutes, eventMetrics, provisionedPollers } =
    report.given;
  if (!report.isSound('stackName', 'topics')) return;
  const refuse = (setting: keyof Given, allowed: string, name: AlarmName): void => {
    for (const topic of topics) {
      if (topicAlarmName(stackName, name, topic).length <= MAX_ALARM_NAME_LENGTH) continue;
      report.refuse(
        setting,
        `${allowed} with topics whose alarms have names of over ${MAX_ALARM_NAME_LENGTH} characters`,
        { reason: 'a shorter stackName helps', got: topic },
      );
    }
  };
  if (expectedTrafficMinutes !== undefined) {
    refuse('expectedTrafficMinutes', 'not be set', alarmNames.noRecords);
  }
  if (eventMetrics ?? provisionedPollers !== undefined) {
    refuse('eventMetrics', 'be false', alarmNames.noPolls);
  }
}
