import { describe, expect, it } from 'vitest';
import { pollerRanges, settingRanges } from '../../../../lambda/contract.ts';
import { ArchiverError } from '../../../../lambda/core/errors.ts';
import { type MappingOptions, mappingSettings } from '../../mapping/settings.ts';

/** The problems that settings are refused for. */
function problemsOf(options: MappingOptions): string[] {
  try {
    mappingSettings(options);
  } catch (error) {
    if (!(error instanceof ArchiverError) || error.code !== 'INVALID_SETTINGS') throw error;
    return error.message.split('; ');
  }
  return [];
}

describe('mapping settings', () => {
  it('are the project’s own by default, and the service’s where it has none', () => {
    expect(mappingSettings()).toEqual({
      mode: 'on-demand',
      batchSize: settingRanges.batchSize.default,
      batchWindowMs: 500,
      pollers: 1,
      invokesPerPoller: 1,
      mixPartitions: true,
      retryDelayMs: 1000,
      destinationAttempts: 3,
      maximumRetryAttempts: -1,
      maximumRecordAgeSeconds: -1,
      bisectBatchOnFunctionError: false,
      reportBatchItemFailures: false,
      bisectSpendsAttempt: false,
      resend: 'named',
    });
  });

  it('have five invocations for each provisioned poller', () => {
    expect(mappingSettings({ mode: 'provisioned' })).toEqual({
      ...mappingSettings(),
      mode: 'provisioned',
      invokesPerPoller: 5,
    });
  });

  it('are those that are given, where there are any', () => {
    const given = {
      mode: 'provisioned',
      batchSize: 17,
      pollers: 3,
      mixPartitions: false,
      retryDelayMs: 5,
      destinationAttempts: 2,
      maximumRetryAttempts: 0,
      maximumRecordAgeSeconds: 60,
      bisectBatchOnFunctionError: true,
      reportBatchItemFailures: true,
      bisectSpendsAttempt: true,
      resend: 'from lowest',
    } as const;
    expect(mappingSettings({ ...given, batchWindow: 2 })).toEqual({
      ...given,
      batchWindowMs: 2000,
      invokesPerPoller: 5,
    });
  });

  it('have no window where it is 0', () => {
    expect(mappingSettings({ batchWindow: 0 }).batchWindowMs).toBe(0);
  });
});

const numbers = [
  ['batchSize', settingRanges.batchSize],
  ['batchWindow', settingRanges.batchWindow],
  ['pollers', pollerRanges.max],
  ['maximumRetryAttempts', { min: -1, max: 10_000 }],
  ['maximumRecordAgeSeconds', { min: 60, max: 604_800 }],
] as const;

const provisioned = { mode: 'provisioned' } as const;

describe('ranges', () => {
  it.each(numbers)('%s may be at its limits', (name, { min, max }) => {
    expect(problemsOf({ ...provisioned, [name]: min })).toEqual([]);
    expect(problemsOf({ ...provisioned, [name]: max })).toEqual([]);
  });

  it.each(
    numbers.flatMap(([name, { min, max }]) =>
      [min - 1, max + 1, min + 0.5, Number.NaN].map((value) => ({ name, value, min, max })),
    ),
  )('$name may not be $value', ({ name, value, min, max }) => {
    expect(problemsOf({ ...provisioned, [name]: value })).toEqual([
      `${name} must be a whole number from ${min} to ${max}, got ${value}`,
    ]);
  });

  it.each(['maximumRetryAttempts', 'maximumRecordAgeSeconds'])('%s may be endless', (name) => {
    expect(problemsOf({ ...provisioned, [name]: -1 })).toEqual([]);
  });

  it('are told all at once', () => {
    expect(problemsOf({ batchSize: 0, batchWindow: 301, pollers: 0 })).toEqual([
      'batchSize must be a whole number from 1 to 10000, got 0',
      'batchWindow must be a whole number from 0 to 300, got 301',
      'pollers must be a whole number from 1 to 2000, got 0',
    ]);
  });
});

describe('provisioned mode', () => {
  const options = {
    maximumRetryAttempts: 0,
    maximumRecordAgeSeconds: 60,
    bisectBatchOnFunctionError: true,
    reportBatchItemFailures: true,
  } as const;

  it('is needed for each of its features, told all at once', () => {
    expect(problemsOf(options)).toEqual([
      'maximumRetryAttempts needs provisioned mode',
      'maximumRecordAgeSeconds needs provisioned mode',
      'bisectBatchOnFunctionError needs provisioned mode',
      'reportBatchItemFailures needs provisioned mode',
    ]);
  });

  it('has them', () => {
    expect(problemsOf({ ...provisioned, ...options })).toEqual([]);
  });

  it('is not needed to say what is the default anyway', () => {
    expect(
      problemsOf({
        maximumRetryAttempts: -1,
        maximumRecordAgeSeconds: -1,
        bisectBatchOnFunctionError: false,
        reportBatchItemFailures: false,
      }),
    ).toEqual([]);
  });
});
