import { describe, expect, it } from 'vitest';
import { parse, problemsOf } from '../settings-fixture.ts';

const delivery = 'firehose';
const oneFolder = { delivery, timeFolder: 'none' };

describe('delivery', () => {
  it('is by the functions themselves, or through Firehose', () => {
    expect(parse().delivery).toBe('s3');
    expect(parse({ delivery })).toMatchObject({
      delivery,
      bufferSizeMiB: 64,
      bufferSeconds: 600,
    });
    expect(parse({ delivery, bufferSizeMiB: '128', bufferSeconds: '900' })).toMatchObject({
      bufferSizeMiB: 128,
      bufferSeconds: 900,
    });
  });

  it('takes the smallest buffers where there is one folder', () => {
    expect(parse({ ...oneFolder, bufferSizeMiB: 1, bufferSeconds: 0 })).toMatchObject({
      bufferSizeMiB: 1,
      bufferSeconds: 0,
    });
  });

  it.each<[object, string]>([
    [{ delivery: 'kinesis' }, "delivery must be one of 's3', 'firehose', got 'kinesis'"],
    [{ bufferSeconds: 60 }, "bufferSeconds must be set with delivery 'firehose' only, got 60"],
    [{ bufferSizeMiB: 64 }, "bufferSizeMiB must be set with delivery 'firehose' only, got 64"],
    [
      { delivery, bufferSizeMiB: 129 },
      'bufferSizeMiB must be a whole number from 1 to 128, got 129',
    ],
    [
      { delivery, bufferSeconds: 901 },
      'bufferSeconds must be a whole number from 0 to 900, got 901',
    ],
    [
      { delivery, bufferSizeMiB: 63 },
      "bufferSizeMiB must be 64 or more with delivery 'firehose' (Firehose makes folders by topic or time; with one topic and timeFolder 'none' it need not), got 63",
    ],
    [
      { ...oneFolder, topics: 'orders, payments', bufferSeconds: 59 },
      "bufferSeconds must be 60 or more with delivery 'firehose' (Firehose makes folders by topic or time; with one topic and timeFolder 'none' it need not), got 59",
    ],
    [
      { delivery, compression: 'zstd' },
      "compression must be 'gzip' or 'none' with delivery 'firehose' (Firehose has no zstd), got 'zstd'",
    ],
    [
      { delivery, compressionLevel: 9 },
      "compressionLevel must not be set with delivery 'firehose' (Firehose has its own), got 9",
    ],
    [
      { delivery, storageClass: 'GLACIER_IR' },
      "storageClass must be 'STANDARD' with delivery 'firehose' (Firehose stores in no other class; archiveTransitions move objects), got 'GLACIER_IR'",
    ],
  ])('is refused as %j', (settings, expected) => {
    expect(problemsOf({ ...settings })).toEqual([expected]);
  });
});
