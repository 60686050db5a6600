import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { catalogMetricNames } from '../../lambda/contract.ts';
import { archiveName } from '../archive-name.ts';
import { alarmNames } from './alarm-names.ts';
import { METRIC_PERIOD, stackMetric } from './archive-metrics.ts';
import { createGroupedAlarms } from './stack-alarm.ts';

const { SUM } = cloudwatch.Stats;

/** Creates the alarm of the catalog check, for what it finds and for a check that fails. */
export function createCatalogAlarms(
  scope: Construct,
  catalogCheck: lambda.IFunction,
): cloudwatch.Alarm[] {
  return createGroupedAlarms(scope, 'UncoveredFolders', {
    name: alarmNames.uncoveredFolders,
    severity: 'low',
    description:
      'Folders of the archive that no table covers, so that queries miss their records, or a check of the catalog that failed',
    firstStep: 'Read the last line of the log of the catalog check, which says what to set',
    label: 'Uncovered folders, failed checks',
    metrics: [
      stackMetric(archiveName(scope), catalogMetricNames.uncoveredFolders, SUM),
      catalogCheck.metricErrors({ statistic: SUM, period: METRIC_PERIOD }),
    ],
    threshold: 1,
    // The check runs once a day, and what it found stays true until the next.
    treatMissingData: cloudwatch.TreatMissingData.IGNORE,
  });
}
