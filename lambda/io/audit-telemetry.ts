import type { Logger } from '@aws-lambda-powertools/logger';
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import {
  auditStackMetricNames,
  CLASS_DIMENSION,
  logMessages,
  METRIC_DIMENSION,
  auditMetricNames as names,
} from '../contract.ts';
import type { AuditSummary, AuditTelemetry } from '../core/audit/audit-telemetry.ts';
import type { Finding, HoleClass, HoleTally } from '../core/audit/finding.ts';
import { type AuditReport, openFindings, type PartitionReport } from '../core/audit/report.ts';
import { MOST_NAMED } from '../core/bounded-text.ts';
import { describeError } from './telemetry.ts';

/** The archive that is audited, for the command in the log. */
export interface AuditedArchive {
  readonly serviceName: string;
  /** Flags that select the archive in the command line. @default - `--stack` with the service name */
  readonly operatorFlags?: string | undefined;
}

type Figures = Readonly<Partial<Record<(typeof names)[keyof typeof names], number>>>;

/**
 * Writes one structured log line for each topic of an audit, and the metrics in embedded metric format, which needs
 * no endpoint of CloudWatch in the VPC.
 */
export function createAuditTelemetry(
  logger: Logger,
  emf: Metrics,
  archive: AuditedArchive,
): AuditTelemetry {
  const emit = (figures: Figures) => {
    for (const [name, value] of Object.entries(figures)) {
      const unit = name === names.auditAge ? MetricUnit.Milliseconds : MetricUnit.Count;
      emf.addMetric(name, unit, value);
    }
    emf.publishStoredMetrics();
  };
  const emitAll = (topic: string, figures: Figures) => {
    const isOfStack = (name: string) => auditStackMetricNames.some((each) => each === name);
    emit(Object.fromEntries(Object.entries(figures).filter(([name]) => isOfStack(name))));
    emf.addDimension(METRIC_DIMENSION, topic);
    emit(figures);
  };
  return {
    topicAudited(summary) {
      const { notHealed, report, ...rest } = summary;
      const { partitions, topic, ...facts } = report;
      const open = openFindings(report);
      const holes = tallyOf(partitions);
      emitAll(topic, figuresOf(summary, open));
      for (const [kind, offsets] of Object.entries(holes)) {
        emf.addDimension(METRIC_DIMENSION, topic);
        emf.addDimension(CLASS_DIMENSION, kind);
        emit({ [names.holes]: offsets });
      }
      const more = open.length - MOST_NAMED;
      const line = {
        ...{ ...rest, topic, ...facts, partitions: partitions.length },
        ...{ stored: sum(partitions, 'stored'), duplicates: sum(partitions, 'duplicates') },
        ...{ lag: lagOf(report), holes },
        ...(open.length > 0 && {
          findings: open.slice(0, MOST_NAMED).map(describeFinding),
          ...(more > 0 && { moreFindings: more }),
          command: commandOf(topic, open, archive),
        }),
        ...(notHealed && { notHealed: describeError(notHealed) }),
      };
      if (open.length > 0) logger.warn(logMessages.topicAudited, line);
      else logger.info(logMessages.topicAudited, line);
    },

    topicNotAudited(requestId, { open, topic }, error) {
      emitAll(topic, { ...(open && openFigures(open)), [names.topicsAudited]: 0 });
      logger.error(logMessages.topicNotAudited, { requestId, topic, ...describeError(error) });
    },

    topicsPostponed(requestId, topics) {
      for (const { open, topic } of topics) {
        emitAll(topic, { ...(open && openFigures(open)), [names.topicsAudited]: 0 });
      }
      const more = topics.length - MOST_NAMED;
      const named = {
        topics: topics.slice(0, MOST_NAMED).map(({ topic }) => topic),
        ...(more > 0 && { moreTopics: more }),
      };
      logger.warn(logMessages.topicsPostponed, { requestId, ...named });
    },
  };
}

function figuresOf(
  { auditAge, healedRecords, report }: AuditSummary,
  open: readonly Finding[],
): Figures {
  return {
    ...openFigures(open),
    [names.duplicateOffsets]: sum(report.partitions, 'duplicates'),
    [names.auditLag]: lagOf(report),
    ...(auditAge !== undefined && { [names.auditAge]: auditAge }),
    [names.topicsAudited]: 1,
    [names.healedRecords]: healedRecords,
    [names.hoursWritten]: report.hoursWritten,
  };
}

/** What keeps alarms in their state. */
function openFigures(open: readonly Finding[]): Figures {
  const offsetsOf = (...kinds: readonly Finding['class'][]) =>
    open
      .filter((finding) => kinds.includes(finding.class))
      .reduce((total, { offsets }) => total + offsets, 0);
  return {
    [names.lostRecords]: offsetsOf('lost'),
    [names.unexplainedOffsets]: offsetsOf('unexplained'),
    [names.conflictingOffsets]: offsetsOf('conflict', 'another-life'),
  };
}

function lagOf({ partitions }: AuditReport): number {
  return sum(partitions, 'lastStable') - sum(partitions, 'through');
}

function sum(
  partitions: readonly PartitionReport[],
  field: 'stored' | 'duplicates' | 'lastStable' | 'through',
): number {
  return partitions.reduce((total, partition) => total + partition[field], 0);
}

/** The holes of all partitions. */
function tallyOf(partitions: readonly PartitionReport[]): HoleTally {
  const tally: Partial<Record<HoleClass, number>> = {};
  for (const [kind, offsets] of partitions.flatMap(({ holes }) => Object.entries(holes))) {
    const name = kind as HoleClass;
    tally[name] = (tally[name] ?? 0) + offsets;
  }
  return tally;
}

function describeFinding({ partition, first, last, offsets, ...finding }: Finding) {
  const { class: kind, evidence, isOnBroker, seenAt } = finding;
  return { partition, first, last, offsets, class: kind, isOnBroker, seenAt, evidence };
}

/** What an operator runs next: the healing of what can be healed, which is a dry run, or else the same audit. */
function commandOf(topic: string, open: readonly Finding[], archive: AuditedArchive): string {
  const { serviceName, operatorFlags = `--stack ${serviceName}` } = archive;
  const canHeal = open.some(({ class: kind, isOnBroker }) => kind === 'lost' && isOnBroker);
  return `npx kafka-archive audit --topic ${topic}${canHeal ? ' --heal' : ''} ${operatorFlags}`;
}
