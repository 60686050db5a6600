import { invalid, oneOf, wholeNumber } from '../../../cli/flags.ts';
import { bufferRanges, type Compression, deliveries } from '../../../lambda/contract.ts';

/** What a run through a delivery stream was asked for. */
export interface DemoStreamOptions {
  /** Before compression. */
  readonly bufferMiB: number;
  readonly bufferSeconds: number;
}

/** The flags, as they were given. */
export interface StreamFlags {
  readonly delivery: string;
  readonly 'buffer-mib'?: string;
  readonly 'buffer-seconds'?: string;
}

/** Soon, unlike Firehose with folders, whose least is 60. */
const SECONDS = 3;

const ranges = {
  'buffer-mib': bufferRanges.bufferSizeMiB,
  'buffer-seconds': { ...bufferRanges.bufferSeconds, default: SECONDS },
} as const;

/** What the help says of them. */
export const streamHelp = `Delivery
  --delivery NAME      s3, or firehose: through a local delivery stream, at least once (default s3)
  --buffer-mib N       size at which the stream makes an object, before compression, 1 to 128 MiB
                       (default 64)
  --buffer-seconds N   time after which it does, 0 to 900 (default ${SECONDS}; Firehose
                       itself takes 60 at least where it makes folders)`;

/**
 * Reads the flags; undefined for a run without a stream.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS`
 */
export function readStream(
  flags: StreamFlags,
  compression: Compression,
): DemoStreamOptions | undefined {
  if (oneOf('delivery', flags.delivery, deliveries) === 's3') {
    for (const name of ['buffer-mib', 'buffer-seconds'] as const) {
      if (flags[name] !== undefined) throw invalid(`--${name} needs --delivery firehose`);
    }
    return undefined;
  }
  if (compression === 'zstd') {
    throw invalid("--compression must be gzip or none with --delivery firehose, got 'zstd'");
  }
  return {
    bufferMiB: wholeNumber(ranges, 'buffer-mib', flags['buffer-mib']),
    bufferSeconds: wholeNumber(ranges, 'buffer-seconds', flags['buffer-seconds']),
  };
}
