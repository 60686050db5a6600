// `DG: x` below is the page https://docs.aws.amazon.com/lambda/latest/dg/x.html
import { pollerRanges, type SettingRange, settingRanges } from '../../../lambda/contract.ts';
import { ArchiverError } from '../../../lambda/core/errors.ts';
import type { RetrySettings } from './retry-policy.ts';

/** The batch window in milliseconds if it is not set. DG: with-kafka-low-latency */
const UNSET_WINDOW_MS = 500;

/** All settings of an emulated event source mapping. */
export interface MappingSettings extends Omit<RetrySettings, 'hasDestination'> {
  readonly mode: 'on-demand' | 'provisioned';
  readonly batchSize: number;
  readonly batchWindowMs: number;
  /** Number of pollers, each with its share of the partitions; there is no automatic scaling here. */
  readonly pollers: number;
  /** Concurrent invocations of one poller. DG: kafka-scaling-modes */
  readonly invokesPerPoller: number;
  /**
   * Whether a batch mixes all partitions of its poller, or has only one. Not documented for
   * provisioned mode; the handler accepts both.
   */
  readonly mixPartitions: boolean;
  /** Milliseconds before a failed batch, commit or delivery is retried. Not documented. */
  readonly retryDelayMs: number;
  /** Attempts to deliver to the on-failure destination. Not documented. */
  readonly destinationAttempts: number;
}

/** Explicit settings of a mapping; the others default to the stack's, or to the documented ones. */
export type MappingOptions = Partial<
  Omit<MappingSettings, 'batchWindowMs' | 'invokesPerPoller'>
> & {
  /** Seconds. @default - 500 milliseconds, as in the service */
  readonly batchWindow?: number;
};

const retryRange: SettingRange = { min: -1, max: 10_000, default: -1 };
/** Seconds; -1 for no limit. DG: kafka-retry-configurations */
const ageRange: SettingRange = { min: 60, max: 604_800, default: -1 };

/**
 * Completes a mapping's settings, and refuses what `CreateEventSourceMapping` refuses.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS`, naming every problem
 */
export function mappingSettings(options: MappingOptions = {}): MappingSettings {
  const { batchWindow, ...given } = options;
  const settings: MappingSettings = {
    mode: 'on-demand',
    batchSize: settingRanges.batchSize.default,
    batchWindowMs: batchWindow === undefined ? UNSET_WINDOW_MS : batchWindow * 1000,
    pollers: 1,
    invokesPerPoller: options.mode === 'provisioned' ? 5 : 1,
    mixPartitions: true,
    retryDelayMs: 1000,
    destinationAttempts: 3,
    maximumRetryAttempts: retryRange.default,
    maximumRecordAgeSeconds: ageRange.default,
    bisectBatchOnFunctionError: false,
    reportBatchItemFailures: false,
    bisectSpendsAttempt: false,
    resend: 'named',
    ...given,
  };
  const problems = [
    outOfRange('batchSize', settings.batchSize, settingRanges.batchSize),
    outOfRange('batchWindow', batchWindow ?? 0, settingRanges.batchWindow),
    outOfRange('pollers', settings.pollers, pollerRanges.max),
    outOfRange('maximumRetryAttempts', settings.maximumRetryAttempts, retryRange),
    settings.maximumRecordAgeSeconds === ageRange.default
      ? undefined
      : outOfRange('maximumRecordAgeSeconds', settings.maximumRecordAgeSeconds, ageRange),
    ...(settings.mode === 'on-demand' ? provisionedOnly(settings) : []),
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new ArchiverError('INVALID_SETTINGS', problems.join('; '));
  return settings;
}

function outOfRange(name: string, value: number, { min, max }: SettingRange): string | undefined {
  if (Number.isInteger(value) && value >= min && value <= max) return undefined;
  return `${name} must be a whole number from ${min} to ${max}, got ${value}`;
}

/** DG: kafka-scaling-modes. How the service refuses them in on-demand mode is not documented. */
function provisionedOnly(settings: MappingSettings): string[] {
  const given = {
    maximumRetryAttempts: settings.maximumRetryAttempts !== -1,
    maximumRecordAgeSeconds: settings.maximumRecordAgeSeconds !== -1,
    bisectBatchOnFunctionError: settings.bisectBatchOnFunctionError,
    reportBatchItemFailures: settings.reportBatchItemFailures,
  };
  return Object.entries(given).flatMap(([name, isGiven]) =>
    isGiven ? [`${name} needs provisioned mode`] : [],
  );
}
