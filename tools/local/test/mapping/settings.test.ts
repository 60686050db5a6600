import { describe, expect, it } from 'vitest';
import { settingRanges } from '../../../../lambda/contract.ts';
import { ArchiverError } from '../../../../lambda/core/errors.ts';
import { type MappingOptions, mappingSettings } from '../../mapping/settings.ts';

function refusalOf(options: MappingOptions): unknown {
  try {
    return mappingSettings(options);
  } catch (error) {
    return error;
  }
}

describe('mapping settings', () => {
  it('default to the stack’s and the service’s', () => {
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

  it('outside the service’s ranges are refused together', () => {
    const wrong = { batchSize: 0, batchWindow: 301, pollers: 0.5, maximumRecordAgeSeconds: 59 };
    expect(refusalOf({ ...wrong, maximumRetryAttempts: -2, mode: 'provisioned' })).toEqual(
      new ArchiverError(
        'INVALID_SETTINGS',
        [
          'batchSize must be a whole number from 1 to 10000, got 0',
          'batchWindow must be a whole number from 0 to 300, got 301',
          'pollers must be a whole number from 1 to 2000, got 0.5',
          'maximumRetryAttempts must be a whole number from -1 to 10000, got -2',
          'maximumRecordAgeSeconds must be a whole number from 60 to 604800, got 59',
        ].join('; '),
      ),
    );
  });

  it('of provisioned mode are refused in on-demand mode', () => {
    const given = { maximumRetryAttempts: 0, maximumRecordAgeSeconds: 60 };
    const switches = { bisectBatchOnFunctionError: true, reportBatchItemFailures: true };
    const names = Object.keys({ ...given, ...switches });
    expect(refusalOf({ ...given, ...switches })).toEqual(
      new ArchiverError(
        'INVALID_SETTINGS',
        names.map((name) => `${name} needs provisioned mode`).join('; '),
      ),
    );
  });
});
