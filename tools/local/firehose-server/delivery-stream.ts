import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { StreamPrefixes } from '../../../lib/storage/stream-prefix.ts';
import type { EmulatorClock } from '../mapping/clock.ts';
import { type FolderBuffer, FolderBuffers } from './buffers.ts';
import {
  deAggregate,
  type FolderErrorCode,
  linesOf,
  partitionKeysOf,
  withDelimiter,
} from './folders.ts';
import { completePrefix, evaluatePrefix, fillPartitionKeys, hasPartitionKeys } from './prefix.ts';
import { type StreamStoreDeps, storeObject } from './store.ts';

/** Settings of a stream, as in the stack. If the prefix has partition keys, the stream parses each line. */
export interface DeliveryStreamSettings extends StreamPrefixes {
  readonly name: string;
  readonly bucket: string;
  readonly compression: 'gzip' | 'none';
  /** Before compression. */
  readonly bufferBytes: number;
  readonly bufferSeconds: number;
  /**
   * Maximum number of folders with a buffer: https://docs.aws.amazon.com/firehose/latest/dev/limits.html
   * @default 500
   */
  readonly maxFolders?: number;
}

/** Dependencies of a stream. */
export interface DeliveryStreamDeps extends Pick<StreamStoreDeps, 'client' | 'retryDelayMs'> {
  readonly clock: EmulatorClock;
}

/** Numbers of lines, except for `objects`. */
export interface StreamCounts {
  readonly taken: number;
  readonly stored: number;
  /** Stored under the prefix of errors. */
  readonly failed: number;
  /** Given up after a day of retries. */
  readonly dropped: number;
  /** None of these yet. */
  readonly waiting: number;
  readonly objects: number;
}

/** The version of a stream whose settings were never changed. */
const VERSION = 1;
const MAX_FOLDERS = 500;
/** ASSUMED: errors of dynamic partitioning have the type of failed processing. */
const ERROR_TYPE = 'processing-failed';

/** Buffers records and stores them as objects. */
export class DeliveryStream {
  readonly settings: DeliveryStreamSettings;
  /** Keys of the objects whose puts were acknowledged, including errors. */
  readonly keys: string[] = [];
  readonly #deps: DeliveryStreamDeps;
  readonly #prefix: string;
  readonly #buffers: FolderBuffers;
  readonly #errors: FolderBuffers;
  readonly #closing = new AbortController();
  readonly #storing = new Set<Promise<void>>();
  readonly #running: Promise<void>;
  #wake = new AbortController();
  readonly #counts = { taken: 0, stored: 0, failed: 0, dropped: 0, objects: 0 };

  constructor(settings: DeliveryStreamSettings, deps: DeliveryStreamDeps) {
    this.settings = settings;
    this.#deps = deps;
    this.#prefix = completePrefix(settings.prefix);
    const hints = {
      bytes: settings.bufferBytes,
      milliseconds: settings.bufferSeconds * 1000,
    };
    this.#buffers = new FolderBuffers(hints);
    this.#errors = new FolderBuffers(hints);
    this.#running = this.#run();
  }

  /** Accepts a record, which must consist of whole lines if the prefix has partition keys. */
  put(record: Buffer): void {
    if (!hasPartitionKeys(this.#prefix)) this.#add(this.#prefix, record);
    else for (const line of deAggregate(record)) this.#addByFolder(line);
    this.#wake.abort();
  }

  /** Counts the lines by state. */
  counts(): StreamCounts {
    const { dropped, failed, stored, taken } = this.#counts;
    return { ...this.#counts, waiting: taken - stored - failed - dropped };
  }

  /** Stores everything that is buffered, and waits until it is stored. */
  async flush(): Promise<void> {
    this.#store(this.#buffers.takeAll(), this.#errors.takeAll());
    await Promise.all(this.#storing);
  }

  /** Flushes and ends; drops what S3 does not accept after a few more attempts. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#wake.abort();
    await this.#running;
    await this.flush();
  }

  async #run(): Promise<void> {
    const { clock } = this.#deps;
    while (!this.#closing.signal.aborted) {
      const now = clock.now();
      this.#store(this.#buffers.takeDue(now), this.#errors.takeDue(now));
      this.#wake = new AbortController();
      const due = Math.min(this.#buffers.nextDue(), this.#errors.nextDue());
      // If nothing is buffered, any time longer than the longest buffering will do.
      await clock.sleep(Math.min(due - now, 3_600_000), this.#wake.signal);
    }
  }

  #addByFolder(line: Buffer): void {
    const { maxFolders = MAX_FOLDERS } = this.settings;
    const keys = partitionKeysOf(line);
    if (keys === undefined) {
      this.#addError(line, 'DynamicPartitioning.MetadataExtractionFailed');
      return;
    }
    const folder = fillPartitionKeys(this.#prefix, keys);
    if (!this.#buffers.has(folder) && this.#buffers.count >= maxFolders) {
      this.#addError(line, 'DynamicPartitioning.ActivePartitionLimitExceeded');
    } else {
      this.#add(folder, withDelimiter(line));
    }
  }

  #add(folder: string, data: Buffer): void {
    const lines = linesOf(data);
    this.#counts.taken += lines;
    const full = this.#buffers.add(folder, { data, lines }, this.#deps.clock.now());
    if (full) this.#store([full], []);
  }

  /** ASSUMED: errors are as those of transformations: one per line, uncompressed, and buffered alike. */
  #addError(piece: Buffer, errorCode: FolderErrorCode): void {
    const now = this.#deps.clock.now();
    const times = { arrivalTimestamp: now, attemptEndingTimestamp: now };
    const error = { attemptsMade: 1, ...times, errorCode, rawData: piece.toString('base64') };
    const data = Buffer.from(`${JSON.stringify(error)}\n`);
    const lines = linesOf(piece);
    this.#counts.taken += lines;
    const full = this.#errors.add(this.settings.errorPrefix, { data, lines }, now);
    if (full) this.#store([], [full]);
  }

  #store(buffers: readonly FolderBuffer[], errors: readonly FolderBuffer[]): void {
    const isCompressed = this.settings.compression === 'gzip';
    const extension = isCompressed ? '.jsonl.gz' : '.jsonl';
    for (const buffer of buffers) {
      this.#storeBuffer(buffer, { extension, isCompressed }, 'stored');
    }
    for (const buffer of errors) {
      this.#storeBuffer(buffer, { extension: '', isCompressed: false }, 'failed');
    }
  }

  #storeBuffer(
    { folder, openedAt: time, pieces }: FolderBuffer,
    { extension, isCompressed }: ObjectForm,
    count: 'stored' | 'failed',
  ): void {
    const { bucket, name: stream } = this.settings;
    const lines = pieces.reduce((sum, piece) => sum + piece.lines, 0);
    const prefix = evaluatePrefix(folder, time, ERROR_TYPE);
    const storing = storeObject(
      { ...this.#deps, bucket, closing: this.#closing.signal },
      {
        text: Buffer.concat(pieces.map(({ data }) => data)),
        isCompressed,
        newKey: () => `${prefix}${objectName(stream, time)}${extension}`,
      },
    ).then((key) => {
      if (key === undefined) this.#counts.dropped += lines;
      else {
        this.#counts[count] += lines;
        this.#counts.objects += 1;
        this.keys.push(key);
      }
      this.#storing.delete(storing);
    });
    this.#storing.add(storing);
  }
}

/** Properties of a buffer's object besides its lines. */
interface ObjectForm {
  readonly extension: string;
  readonly isCompressed: boolean;
}

/**
 * `archive-1-2026-11-23-09-15-00-<id>`, with the time in UTC:
 * https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html
 *
 * ASSUMED: the time is that of the first line, as in the prefixes of a stream.
 */
function objectName(stream: string, time: number): string {
  const at = new Date(time).toISOString().slice(0, 19).replaceAll(/[T:]/g, '-');
  return `${stream}-${VERSION}-${at}-${randomUUID()}`;
}
