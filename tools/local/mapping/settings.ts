// `DG: x` below is the page https://docs.aws.amazon.com/lambda/latest/dg/x.html
import { pollerRanges, type SettingRange, settingRanges } from '../../../lambda/contract.ts';
import { ArchiverError } from '../../../lambda/core/errors.ts';
import type { RetrySettings } from './retry-policy.ts';

/** Milliseconds of a batch window that is not set. DG: with-kafka-low-latency */
const UNSET_WINDOW_MS = 500;

/** How the emulated event source mapping behaves, all of it decided. */
export interface MappingSettings extends Omit<RetrySettings, 'hasDestination'> {
  readonly mode: 'on-demand' | 'provisioned';
  readonly batchSize: number;
  readonly batchWindowMs: number;
  /** Pollers at work, each with its share of the partitions; they do not scale by themselves here. */
  readonly pollers: number;
  /** Batches that one poller may have in the function at a time. DG: kafka-scaling-modes */
  readonly invokesPerPoller: number;
  /**
   * Whether a poller makes one batch of all its partitions, or one of each. Not documented for
   * provisioned mode; the handler takes both.
   */
  readonly mixPartitions: boolean;
  /** Milliseconds before a failed batch, commit or delivery is tried again. Not documented. */
  readonly retryDelayMs: number;
  /** Tries that a delivery to the on-failure destination has. Not documented. */
  readonly destinationAttempts: number;
}

/** Settings of a mapping that were given; the others are as the stack has them, or as documented. */
export type MappingOptions = Partial<
  Omit<MappingSettings, 'batchWindowMs' | 'invokesPerPoller'>
> & {
  /** Seconds. @default - 500 milliseconds, as the service has it where it is not set */
  readonly batchWindow?: number;
};

const retryRange: SettingRange = { min: -1, max: 10_000, default: -1 };
/** Seconds, where there is a limit. DG: kafka-retry-configurations */
const ageRange: SettingRange = { min: 60, max: 604_800, default: -1 };

/**
 * Completes a mapping's settings, refusing what `CreateEventSourceMapping` refuses.
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

/** DG: kafka-scaling-modes; what the service answers to them in on-demand mode is not documented. */
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
