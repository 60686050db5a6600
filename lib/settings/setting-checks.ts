/**
 * What settings must be with regard to each other; what each must be by itself is said in
 * {@link settingsSchema}.
 *
 * @module
 */
import { compressionLevels } from '../../lambda/contract.ts';
import { noRecordsAlarmName } from '../monitoring/alarm-names.ts';
import { parseClusterArn } from '../source/cluster-arn.ts';
import { checkDelivery } from './delivery-settings.ts';
import { checkNetwork } from './network-settings.ts';
import { checkRegistry } from './registry-settings.ts';
import { show } from './setting-forms.ts';
import { areSound, type Context, type Given, type Refinement, report } from './setting-report.ts';
import type { TopicSettings } from './settings.ts';
import {
  MAX_ALARM_NAME_LENGTH,
  MAX_CONSUMER_GROUP_LENGTH,
  MAX_RETENTION_SECONDS,
  MAX_VISIBILITY_SECONDS,
  VISIBILITY_TIMEOUTS,
} from './settings-schema.ts';
import { checkSource } from './source-settings.ts';
import { checkStorage } from './storage-settings.ts';

/** Stands for the topic in the setting `consumerGroupId`. */
const TOPIC = '{topic}';

/** What {@link checkSettings} looks at besides the context. */
export interface SettingsToCheck {
  readonly given: Given;
  /** Where problems are reported. */
  readonly refinement: Refinement;
  /** The time that a starting position may not be after. */
  readonly now: Date;
}

/** Reports every setting that does not go with the others. */
export function checkSettings(context: Context, { given, refinement, now }: SettingsToCheck): void {
  checkSource(context, given, refinement);
  checkNetwork(context, given, refinement);
  checkRegistry(given, refinement);
  checkStart(context, { given, refinement, now });
  checkFormat(given, refinement);
  checkStorage(given, refinement);
  checkDelivery(context, given, refinement);
  checkMode(given, refinement);
  checkReplay(given, refinement);
  checkConsumerGroups(given, refinement);
  checkAlarmTopic(context, { given, refinement, now });
  checkAlarmTimes(given, refinement);
  checkAlarmNames(given, refinement);
}

/** The consumer groups, with `{topic}` where the topic's name is. */
export function consumerGroupPattern({ stackName, consumerGroupId }: Given): string {
  return consumerGroupId ?? `${stackName}-${TOPIC}`;
}

/** The topics with their consumer groups. */
export function topicSettings(given: Given): TopicSettings[] {
  const group = consumerGroupPattern(given);
  return given.topics.map((topic) => ({
    topic,
    consumerGroupId: group.replaceAll(TOPIC, () => topic),
  }));
}

function checkStart(context: Context, { given, refinement, now }: SettingsToCheck): void {
  const { startingPosition, hoursBack } = context;
  if (startingPosition !== undefined && hoursBack !== undefined) {
    const got = `got ${show(hoursBack)} and ${show(startingPosition)}`;
    report(refinement, 'hoursBack', `and startingPosition must not both be set, ${got}`);
  }
  if (!areSound(refinement, 'startingPosition')) return;
  if (Date.parse(given.startingPosition ?? '') > now.getTime()) {
    const got = `got ${show(startingPosition)}, and it is ${now.toISOString()}`;
    report(refinement, 'startingPosition', `must not be in the future, ${got}`);
  }
}

function checkFormat(given: Given, refinement: Refinement): void {
  const { compression, compressionLevel: level } = given;
  if (level !== undefined && areSound(refinement, 'compression', 'compressionLevel')) {
    if (compression === 'none') {
      report(
        refinement,
        'compressionLevel',
        `must not be set with compression 'none', got ${level}`,
      );
    } else {
      const { min, max } = compressionLevels[compression];
      if (level < min || level > max) {
        const allowed = `a whole number from ${min} to ${max} with compression '${compression}'`;
        report(refinement, 'compressionLevel', `must be ${allowed}, got ${level}`);
      }
    }
  }
}

/** What Lambda takes in provisioned mode only: https://docs.aws.amazon.com/lambda/latest/dg/kafka-scaling-modes.html */
function checkMode(given: Given, refinement: Refinement): void {
  if (given.provisionedPollers !== undefined) return;
  const refuse = (name: keyof Given, allowed: string, what: string): void => {
    const reason = `Lambda ${what} in provisioned mode only`;
    const got = `got ${show(given[name])}`;
    report(refinement, name, `must ${allowed} without provisionedPollers (${reason}), ${got}`);
  };
  if (given.reportBatchItemFailures === true) {
    refuse('reportBatchItemFailures', 'be false', 'takes partial responses to a Kafka batch');
  }
  for (const name of ['retryAttempts', 'maxRecordAge'] as const) {
    if (given[name] === undefined) continue;
    refuse(name, 'not be set', 'takes limits to the retries of a Kafka batch');
  }
  if (given.eventMetrics === true) {
    refuse('eventMetrics', 'be false', 'counts the events of a mapping');
  }
  if (given.bisectBatchOnError === true) {
    refuse('bisectBatchOnError', 'be false', 'bisects a Kafka batch');
  }
}

function checkReplay(given: Given, refinement: Refinement): void {
  const { replayTimeoutSeconds: timeout, replayVisibilitySeconds: chosen } = given;
  if (!areSound(refinement, 'replayTimeoutSeconds', 'replayVisibilitySeconds')) return;
  const least = VISIBILITY_TIMEOUTS * timeout;
  const visibility = chosen ?? least;
  if (visibility < least || visibility > MAX_VISIBILITY_SECONDS) {
    const allowed = `a whole number from ${least} to ${MAX_VISIBILITY_SECONDS} with replayTimeoutSeconds ${timeout}`;
    const reason = `the least is ${VISIBILITY_TIMEOUTS} times that`;
    const message = `must be ${allowed} (${reason}), got ${visibility}`;
    report(refinement, 'replayVisibilitySeconds', message);
    return;
  }
  // The other half is for the dead letter, whose age counts from when the message was first sent.
  const most = Math.floor(MAX_RETENTION_SECONDS / 2 / visibility);
  if (!areSound(refinement, 'replayTries') || given.replayTries <= most) return;
  const reason = 'SQS drops a message after 14 days, of which half are left for a dead letter';
  const allowed = `at most ${most} with replayVisibilitySeconds ${visibility}`;
  report(refinement, 'replayTries', `must be ${allowed} (${reason}), got ${given.replayTries}`);
}

function checkConsumerGroups(given: Given, refinement: Refinement): void {
  if (!areSound(refinement, 'stackName', 'topics', 'consumerGroupId')) return;
  if (given.topics.length > 1 && given.consumerGroupId?.includes(TOPIC) === false) {
    // Not made unique by itself: the second topic of a stack would change the group of the first.
    const advice = `such as '${given.consumerGroupId}-${TOPIC}', or archive each topic in a stack of its own to keep a group`;
    const message = `must contain ${TOPIC} with several topics (${advice}), got ${show(given.consumerGroupId)}`;
    report(refinement, 'consumerGroupId', message);
    return;
  }
  for (const { consumerGroupId } of topicSettings(given)) {
    if (consumerGroupId.length <= MAX_CONSUMER_GROUP_LENGTH) continue;
    const got = `got ${show(consumerGroupId)}, ${consumerGroupId.length} characters`;
    const advice = 'set a shorter one, or archive the topic in a stack of its own';
    const allowed = `make groups of at most ${MAX_CONSUMER_GROUP_LENGTH} characters (${advice})`;
    report(refinement, 'consumerGroupId', `must ${allowed}, ${got}`);
  }
}

function checkAlarmTopic(context: Context, { given, refinement }: SettingsToCheck): void {
  const { alarmSubscriptions, alarmTopicArn } = context;
  if (alarmSubscriptions !== undefined && alarmTopicArn !== undefined) {
    const got = `got ${show(alarmTopicArn)} and ${show(alarmSubscriptions)}`;
    report(refinement, 'alarmTopicArn', `and alarmSubscriptions must not both be set, ${got}`);
  }
  if (alarmTopicArn === undefined || !areSound(refinement, 'alarmTopicArn', 'clusterArn')) return;
  const cluster = parseClusterArn(given.clusterArn ?? '');
  if (cluster === undefined || given.alarmTopicArn?.split(':')[3] === cluster.region) return;
  const reason = 'an alarm sends to topics of its own region only';
  const allowed = `be in ${cluster.region} with that clusterArn (${reason})`;
  report(refinement, 'alarmTopicArn', `must ${allowed}, got ${show(alarmTopicArn)}`);
}

function checkAlarmTimes(given: Given, refinement: Refinement): void {
  const { batchWindow, dataAgeTargetSeconds: age, expectedTrafficMinutes: minutes } = given;
  if (!areSound(refinement, 'batchWindow')) return;
  const allowed = (least: number): string =>
    `must be more than ${least} with batchWindow ${batchWindow} (so long a batch waits to fill)`;
  if (areSound(refinement, 'dataAgeTargetSeconds') && age <= batchWindow) {
    report(refinement, 'dataAgeTargetSeconds', `${allowed(batchWindow)}, got ${age}`);
  }
  if (minutes === undefined || !areSound(refinement, 'expectedTrafficMinutes')) return;
  if (minutes * 60 <= batchWindow) {
    const least = Math.floor(batchWindow / 60);
    report(refinement, 'expectedTrafficMinutes', `${allowed(least)}, got ${minutes}`);
  }
}

/** Only those of single topics can be too long. */
function checkAlarmNames(given: Given, refinement: Refinement): void {
  if (given.expectedTrafficMinutes === undefined) return;
  if (!areSound(refinement, 'stackName', 'topics')) return;
  for (const topic of given.topics) {
    const { length } = noRecordsAlarmName(given.stackName, topic);
    if (length <= MAX_ALARM_NAME_LENGTH) continue;
    const allowed = `must not be set with topics whose alarms have names of over ${MAX_ALARM_NAME_LENGTH} characters (a shorter stackName helps)`;
    report(refinement, 'expectedTrafficMinutes', `${allowed}, got ${show(topic)}`);
  }
}
