import type { Duration, Size } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { FailedBatches } from '../storage/failed-batches.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { createArchiveAlarms } from './archive-alarms.ts';
import type { WatchedFunction, WatchedMapping } from './archive-metrics.ts';
import { createAuditAlarms, type WatchedAudit } from './audit-alarms.ts';
import { createCatalogAlarms } from './catalog-alarm.ts';
import { createDashboard } from './dashboard.ts';
import { createFailedBatchAlarms } from './failed-batch-alarms.ts';
import { createMappingAlarms } from './mapping-alarms.ts';
import { createSavedQueries } from './saved-queries.ts';
import { createStreamAlarms, type WatchedStream } from './stream-alarms.ts';

/** Who {@link Monitoring} notifies. */
export interface MonitoringProps {
  /** The topic that receives the alarms. @default - a new topic with `alarmSubscriptions` */
  readonly alarmTopic?: sns.ITopic;
  /** E-mail addresses and https:// endpoints that the new topic notifies. @default - none */
  readonly alarmSubscriptions?: readonly string[];
}

/** What {@link Monitoring} watches, and when its alarms fire. */
export interface WatchProps {
  readonly archive: WatchedFunction;
  readonly replay: WatchedFunction;
  readonly failedBatches: Pick<FailedBatches, 'deadLetterQueue' | 'replayQueue'>;
  /** @default - no audit */
  readonly audit?: WatchedAudit;
  /** The function that checks the catalog. @default - no catalog */
  readonly catalogCheck?: lambda.IFunction;
  readonly topics: readonly string[];
  /** Largest number of records in one invocation of the archive function. */
  readonly batchSize: number;
  /** Timeout of the archive function. */
  readonly timeout: Duration;
  /** Memory of each function. */
  readonly memory: Size;
  /** Age up to which records may be archived without an alarm. */
  readonly dataAgeTarget: Duration;
  /** Delay before the first attempt at a message of the replay queue. */
  readonly replayDelay: Duration;
  /** Delay before a message of the replay queue is redelivered after an attempt without an answer. */
  readonly replayVisibility: Duration;
  /** Mappings in provisioned mode. @default - none */
  readonly provisionedMappings?: readonly WatchedMapping[];
  /** Mappings with event metrics. @default - none */
  readonly measuredMappings?: readonly WatchedMapping[];
  /** Whether Lambda validates the records with a schema registry. @default false */
  readonly validated?: boolean;
  /** @default - none, the functions put the objects */
  readonly stream?: WatchedStream;
  /** Time within which every topic receives records, in whole minutes. @default - topics can be quiet */
  readonly expectedTraffic?: Duration;
}

/**
 * Watches a stack: alarms that each have a section in the runbook, the topic that they notify, a dashboard,
 * and saved queries of the logs.
 */
export class Monitoring extends Construct {
  public readonly alarmTopic: sns.ITopic;

  /** Creates only the topic. The replay function publishes to it and must exist before {@link watch}. */
  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);

    this.alarmTopic =
      props.alarmTopic ??
      new AlarmTopic(this, 'AlarmTopic', { subscribers: props.alarmSubscriptions ?? [] }).topic;
  }

  /** Creates alarms, dashboard and saved queries once the resources that they watch exist. */
  watch(props: WatchProps): cloudwatch.Dashboard {
    const functions = {
      archiveFunction: props.archive.function,
      replayFunction: props.replay.function,
    };
    const alarms = [
      ...createArchiveAlarms(this, { ...props, ...functions }),
      ...createMappingAlarms(this, props),
      ...(props.stream === undefined ? [] : createStreamAlarms(this, props.stream)),
      ...createFailedBatchAlarms(this, { ...props, ...functions }),
      ...(props.audit === undefined ? [] : createAuditAlarms(this, props.audit)),
      ...(props.catalogCheck === undefined ? [] : createCatalogAlarms(this, props.catalogCheck)),
    ];
    const notify = new SnsAction(this.alarmTopic);
    for (const alarm of alarms) {
      alarm.addAlarmAction(notify);
      // Notify on recovery too, so that whoever was paged can go back to sleep.
      alarm.addOkAction(notify);
    }
    const dashboard = createDashboard(this, { ...props, ...functions, alarms });
    createSavedQueries(this, {
      archiveLog: props.archive.logGroup,
      replayLog: props.replay.logGroup,
      auditLog: props.audit?.function.logGroup,
    });
    return dashboard;
  }
}
