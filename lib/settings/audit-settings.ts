/**
 * Settings of the audit, which compares the archive with the brokers on a schedule.
 *
 * @module
 */
import { z } from 'zod';
import { auditRanges } from '../../lambda/contract.ts';
import { flag, must, wholeNumber } from './setting-forms.ts';
import type { SettingReport, SettingsOf } from './setting-report.ts';
import { serverList, type sourceSettings } from './source-settings.ts';

/** The shortest time between two audits, in minutes. */
const LEAST_MINUTES = 5;

/**
 * The longest time between two audits, in minutes. The period of an alarm's metric is a day at most, and the alarm
 * audit-overdue looks back several of them, up to the seven days that CloudWatch allows.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
 */
const MOST_MINUTES = 24 * 60;

const UNSET_MINUTES = 60;

const intervalError = must(
  `be whole minutes or hours from '${LEAST_MINUTES} minutes' to '24 hours', such as '30 minutes' or '6 hours'`,
);

/** Text such as '30 minutes' or '6 hours', which is read as minutes. */
function interval() {
  return z
    .string({ error: intervalError })
    .refine(
      (text) => {
        const minutes = minutesOf(text);
        return minutes >= LEAST_MINUTES && minutes <= MOST_MINUTES;
      },
      { error: intervalError },
    )
    .transform(minutesOf);
}

function minutesOf(text: string): number {
  const [, number, unit = ''] = /^([1-9]\d{0,3}) (minute|hour)s?$/.exec(text) ?? [];
  return Number(number) * (unit === 'hour' ? 60 : 1);
}

/** The audit. */
export const auditSettings = {
  audit: flag()
    .default(false)
    .describe(
      'Audits the archive on a schedule: a function in the VPC of the brokers compares what is stored with what the brokers have, classifies every missing offset, and raises an alarm for records that are lost. It creates a bucket for what it finds. For an MSK cluster, it requires `subnetIds` and `securityGroupIds`.',
    ),
  auditEvery: interval().optional().meta({
    description:
      "Time between two audits, from '5 minutes' to '24 hours', such as '30 minutes' or '6 hours'.",
    unset: '`1 hour`',
  }),
  auditBootstrapServers: serverList().optional().meta({
    description:
      'Bootstrap servers that the audit connects to, at most 10, as a list or as text with commas. Set it if the audit must use other listeners, or if no function may ask MSK for them at the deployment.',
    unset:
      '`bootstrapServers`; those of an MSK cluster are read at the deployment, for its `authentication`',
  }),
  auditPaused: flag().optional().meta({
    description:
      'Disables the schedule, and the alarm for audits that do not run. What the audits have found is kept.',
    unset: '`false`',
  }),
  autoHeal: wholeNumber({ min: 1, max: auditRanges.autoHealRecords.max }).optional().meta({
    description:
      'Largest number of lost records that one audit of a topic writes as failed batches, which the replay function then archives, if the brokers still have them.',
    unset: 'the audit heals nothing; operators can, with `kafka-archive audit --heal`',
  }),
  auditFullListingDays: wholeNumber(auditRanges.fullListingDays)
    .optional()
    .meta({
      description:
        'Days after which an audit lists the whole archive of a topic again, so that it notices objects that were deleted since. The audits between list only recent folders.',
      unset: `\`${auditRanges.fullListingDays.default}\``,
    }),
  auditReadsObjects: flag().optional().meta({
    description:
      'Reads the body of every new object, so that the audit also finds damaged lines and records that a key promises but the body lacks. It costs a GET for each object, and time.',
    unset: '`false`: only bodies whose keys leave offsets open are read',
  }),
};

/** What the rules of the audit look at besides its own settings. */
interface Given
  extends SettingsOf<typeof auditSettings & Pick<typeof sourceSettings, 'clusterArn'>> {
  readonly subnetIds?: string[];
  readonly securityGroupIds?: string[];
}

const details = [
  'auditEvery',
  'auditBootstrapServers',
  'auditPaused',
  'autoHeal',
  'auditFullListingDays',
  'auditReadsObjects',
] as const;

/** Reports settings of an audit that is off, and an audit that could not reach the brokers. */
export function checkAudit(report: SettingReport<Given>): void {
  const { given } = report;
  if (!report.isSound('audit')) return;
  if (!given.audit) {
    for (const name of details) {
      if (given[name] !== undefined) report.refuse(name, 'be set only with audit true');
    }
    return;
  }
  if (given.clusterArn === undefined) return;
  for (const name of ['subnetIds', 'securityGroupIds'] as const) {
    if (given[name] !== undefined) continue;
    const reason = 'the function of the audit must be in the VPC of the brokers';
    report.refuse(name, 'be set with audit and clusterArn', { reason });
  }
}

/** The settings of the audit with their defaults; its interval is in minutes. */
export function toAudit(given: Given) {
  return {
    auditEvery: given.auditEvery ?? UNSET_MINUTES,
    auditPaused: given.auditPaused ?? false,
    auditFullListingDays: given.auditFullListingDays ?? auditRanges.fullListingDays.default,
    auditReadsObjects: given.auditReadsObjects ?? false,
  };
}
