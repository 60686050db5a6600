import type { Duration, Size } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { FailedBatches } from '../storage/failed-batches.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { createArchiveAlarms } from './archive-alarms.ts';
import type { WatchedMapping } from './archive-metrics.ts';
import { createDashboard } from './dashboard.ts';
import { createFailedBatchAlarms } from './failed-batch-alarms.ts';
import { createSavedQueries } from './saved-queries.ts';
import { createStreamAlarms, type WatchedStream } from './stream-alarms.ts';

/** A function that is watched. */
export interface WatchedFunction {
  readonly function: lambda.IFunction;
  readonly logGroup: logs.ILogGroup;
}

/** Whom {@link Monitoring} tells. */
export interface MonitoringProps {
  /** Where alarms are sent. @default - a topic of its own, with `alarmSubscriptions` */
  readonly alarmTopic?: sns.ITopic;
  /** E-mail addresses and https:// endpoints, where the topic is its own. @default - nobody */
  readonly alarmSubscriptions?: readonly string[];
}

/** What {@link Monitoring} watches, and when it tells. */
export interface WatchProps {
  readonly archive: WatchedFunction;
  readonly replay: WatchedFunction;
  readonly failedBatches: Pick<FailedBatches, 'deadLetterQueue' | 'replayQueue'>;
  readonly topics: readonly string[];
  /** Most records in one invocation of the archive function. */
  readonly batchSize: number;
  /** Of the archive function. */
  readonly timeout: Duration;
  /** Of each function. */
  readonly memory: Size;
  /** Age that records may have when they are archived. */
  readonly dataAgeTarget: Duration;
  /** How long a message of the replay queue waits for its first try. */
  readonly replayDelay: Duration;
  /** How long a message of the replay queue waits that had no answer. */
  readonly replayVisibility: Duration;
  /** Mappings in provisioned mode. @default - none is */
  readonly provisionedMappings?: readonly WatchedMapping[];
  /** Mappings with metrics of their events. @default - none has */
  readonly measuredMappings?: readonly WatchedMapping[];
  /** @default - the functions store objects themselves */
  readonly stream?: WatchedStream;
  /** Time in which every topic has records, in whole minutes. @default - topics may be quiet */
  readonly expectedTraffic?: Duration;
}

/**
 * Says how a stack does: alarms with a section of the runbook each, the topic that they are sent to, a
 * dashboard, and saved queries of the logs.
 */
export class Monitoring extends Construct {
  public readonly alarmTopic: sns.ITopic;

  /** Makes the topic alone, which comes before a function that publishes to it, and so before {@link watch}. */
  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);

    this.alarmTopic =
      props.alarmTopic ??
      new AlarmTopic(this, 'AlarmTopic', { subscribers: props.alarmSubscriptions ?? [] }).topic;
  }

  /** Makes the rest, once there is what it watches. */
  watch(props: WatchProps): cloudwatch.Dashboard {
    const functions = {
      archiveFunction: props.archive.function,
      replayFunction: props.replay.function,
    };
    const alarms = [
      ...createArchiveAlarms(this, { ...props, ...functions }),
      ...(props.stream === undefined ? [] : createStreamAlarms(this, props.stream)),
      ...createFailedBatchAlarms(this, { ...props, ...functions }),
    ];
    const tell = new SnsAction(this.alarmTopic);
    for (const alarm of alarms) {
      alarm.addAlarmAction(tell);
      // So that who was woken knows when it is over.
      alarm.addOkAction(tell);
    }
    const dashboard = createDashboard(this, { ...props, ...functions, alarms });
    createSavedQueries(this, {
      archiveLog: props.archive.logGroup,
      replayLog: props.replay.logGroup,
    });
    return dashboard;
  }
}
