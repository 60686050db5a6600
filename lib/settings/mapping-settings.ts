/**
 * Settings of the event source mappings: batches, retries, and how much Lambda polls and counts.
 *
 * @module
 */
import { pollerRanges, settingRanges } from '../../lambda/contract.ts';
import { flag, jsonFields, jsonObject, show, text, wholeNumber } from './setting-forms.ts';
import type { SettingReport, SettingsOf } from './setting-report.ts';

const provisionedPollers = jsonFields(
  {
    min: wholeNumber(pollerRanges.min).default(pollerRanges.min.default),
    max: wholeNumber(pollerRanges.max).default(pollerRanges.max.default),
    /** Mappings of one group share their capacity. */
    group: text(/^[\w-]{1,128}$/, "be 1 to 128 letters, digits, '-' or '_'").optional(),
  },
  '{"min":1,"max":10}',
).refine(({ min, max }) => min <= max, {
  error: ({ input }) => `must have min at most max, got ${show(input)}`,
  when: ({ issues }) => issues.length === 0,
});

/** The event pollers of a mapping in provisioned mode: https://docs.aws.amazon.com/lambda/latest/dg/kafka-scaling-modes.html */
export interface ProvisionedPollers {
  /** The smallest number of event pollers, from 1 to 200. @default 1 */
  readonly min: number;
  /** The largest number of event pollers, from 1 to 2,000. @default 200 */
  readonly max: number;
  /** The group of mappings that share their capacity: 1 to 128 letters, digits, '-' or '_'. @default - none */
  readonly group?: string;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html */
const retryAttempts = wholeNumber({ min: 0, max: 10_000 });
const maxRecordAge = wholeNumber({ min: 60, max: 604_800 });

/** The event source mappings. */
export const mappingSettings = {
  batchSize: wholeNumber(settingRanges.batchSize)
    .default(settingRanges.batchSize.default)
    .describe('Largest number of records in one invocation of the archive function.'),
  batchWindow: wholeNumber(settingRanges.batchWindow)
    .default(settingRanges.batchWindow.default)
    .describe(
      'Longest time in seconds that Lambda waits for a batch to fill. With 0 it does not wait.',
    ),
  provisionedPollers: jsonObject(provisionedPollers)
    .optional()
    .meta({
      description: `Provisioned mode, as {"min": pollers, "max": pollers, "group": name}, each field optional. \`min\` is 1 to ${pollerRanges.min.max} (default ${pollerRanges.min.default}), \`max\` 1 to ${pollerRanges.max.max} (default ${pollerRanges.max.default}). Mappings with the same \`group\` share their capacity.`,
      unset: 'on-demand mode',
    }),
  reportBatchItemFailures: flag()
    .default(false)
    .describe(
      'Retries only the topic-partitions of a batch that failed instead of the whole batch. Requires `provisionedPollers`.',
    ),
  retryAttempts: retryAttempts.optional().meta({
    description:
      'Number of times that Lambda retries a failed batch before it sends the batch to the failed-batch bucket. Requires `provisionedPollers`.',
    // What Lambda does for a mapping that has an on-failure destination.
    unset: '10 retries, as always in on-demand mode',
  }),
  maxRecordAge: maxRecordAge.optional().meta({
    description:
      'Age in seconds after which a record that could not be archived goes to the failed-batch bucket, even if retries are left. Requires `provisionedPollers`.',
    unset: 'no limit',
  }),
  bisectBatchOnError: flag()
    .default(false)
    .describe(
      'Retries a failed batch in two halves, so that fewer records go to the failed-batch bucket. The objects of the halves can overlap those of the whole batch. Requires `provisionedPollers`.',
    ),
  eventMetrics: flag().optional().meta({
    description:
      'Publishes metrics of the events of each mapping (polled, filtered, failed, dropped and committed events, errors, lag), and adds alarms that rest on them: for a mapping that does not poll, for errors and for dropped events. Requires `provisionedPollers`.',
    unset: '`true` with `provisionedPollers`, `false` without',
  }),
};

/** Reports mapping settings that Lambda accepts in provisioned mode only. */
export function checkMode(report: SettingReport<SettingsOf<typeof mappingSettings>>): void {
  const { given } = report;
  if (given.provisionedPollers !== undefined) return;
  const flags = {
    reportBatchItemFailures: 'accepts partial responses to a Kafka batch',
    bisectBatchOnError: 'bisects a Kafka batch',
    eventMetrics: 'counts the events of a mapping',
  };
  const limits = {
    retryAttempts: 'accepts a limit on the retries of a Kafka batch',
    maxRecordAge: 'accepts a limit on the age of a Kafka record',
  };
  const refuse = (name: keyof typeof given, allowed: string, what: string): void =>
    report.refuse(name, `${allowed} without provisionedPollers`, {
      reason: `Lambda ${what} in provisioned mode only`,
    });
  for (const name of namesOf(flags)) {
    if (given[name] === true) refuse(name, 'be false', flags[name]);
  }
  for (const name of namesOf(limits)) {
    if (given[name] !== undefined) refuse(name, 'not be set', limits[name]);
  }
}

function namesOf<Name extends string>(object: Readonly<Record<Name, string>>): Name[] {
  return Object.keys(object) as Name[];
}
