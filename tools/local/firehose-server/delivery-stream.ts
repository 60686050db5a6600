import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { TimeFolder } from '../../../lambda/contract.ts';
import type { EmulatorClock } from '../mapping/event-source-mapping.ts';
import { type FolderBuffer, FolderBuffers } from './buffers.ts';
import {
  deAggregate,
  type FolderErrorCode,
  folderOfLine,
  linesOf,
  withDelimiter,
} from './folders.ts';
import { errorFolder, streamObjectName } from './object-name.ts';
import { type StreamStoreDeps, storeObject } from './store.ts';
import type { StreamRates } from './throttle.ts';

/** How a stream is set up: as the stack does it. */
export interface DeliveryStreamSettings {
  readonly name: string;
  readonly bucket: string;
  /** What keys begin with: '' or a path that ends in '/'. */
  readonly objectPrefix: string;
  /**
   * Folder of all lines, where the stream does not look into them, such as `topic=orders/`.
   * @default - by topic and time of each line
   */
  readonly folder?: string;
  readonly timeFolder: TimeFolder;
  readonly compression: 'gzip' | 'none';
  /** Before compression. */
  readonly bufferBytes: number;
  readonly bufferSeconds: number;
  readonly rates?: StreamRates;
  /**
   * Folders with a buffer at a time: https://docs.aws.amazon.com/firehose/latest/dev/limits.html
   * @default 500
   */
  readonly maxFolders?: number;
}

/** What a stream works with. */
export interface DeliveryStreamDeps extends Pick<StreamStoreDeps, 'client' | 'retryDelayMs'> {
  readonly clock: EmulatorClock;
}

/** Numbers of lines, but for `objects`. */
export interface StreamCounts {
  readonly taken: number;
  readonly stored: number;
  /** Stored where errors go. */
  readonly failed: number;
  /** Given up, after a day. */
  readonly dropped: number;
  /** Neither of these so far. */
  readonly waiting: number;
  readonly objects: number;
}

/** In front of all keys of errors. */
export const ERRORS_PREFIX = 'firehose-errors/';
const MOST_FOLDERS = 500;

/** Makes objects of what is put into it, in its own time. */
export class DeliveryStream {
  readonly settings: DeliveryStreamSettings;
  /** Keys of the objects whose puts were answered, errors too. */
  readonly keys: string[] = [];
  readonly #deps: DeliveryStreamDeps;
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
    const hints = {
      bytes: settings.bufferBytes,
      milliseconds: settings.bufferSeconds * 1000,
    };
    this.#buffers = new FolderBuffers(hints);
    this.#errors = new FolderBuffers(hints);
    this.#running = this.#run();
  }

  /** Takes a record; whole lines, where the stream makes folders of them. */
  put(record: Buffer): void {
    const { folder } = this.settings;
    if (folder !== undefined) this.#add(folder, record);
    else for (const line of deAggregate(record)) this.#addByFolder(line);
    this.#wake.abort();
  }

  /** Where the lines are. */
  counts(): StreamCounts {
    const { dropped, failed, stored, taken } = this.#counts;
    return { ...this.#counts, waiting: taken - stored - failed - dropped };
  }

  /** Makes objects of all that waits, before its time, and waits for their puts. */
  async flush(): Promise<void> {
    this.#store(this.#buffers.takeAll(), this.#errors.takeAll());
    await Promise.all(this.#storing);
  }

  /** Flushes, and ends; what S3 does not take in a few more tries is dropped. */
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
      // Longer than the longest time to buffer, where nothing waits.
      await clock.sleep(Math.min(due - now, 3_600_000), this.#wake.signal);
    }
  }

  #addByFolder(line: Buffer): void {
    const { maxFolders = MOST_FOLDERS, timeFolder } = this.settings;
    const folder = folderOfLine(line, timeFolder);
    if (folder === undefined) {
      this.#addError(line, 'DynamicPartitioning.MetadataExtractionFailed');
    } else if (!this.#buffers.has(folder) && this.#buffers.count >= maxFolders) {
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

  /** ASSUMED: errors are as those of transformations, one to a line, uncompressed, and buffered alike. */
  #addError(piece: Buffer, errorCode: FolderErrorCode): void {
    const now = this.#deps.clock.now();
    const times = { arrivalTimestamp: now, attemptEndingTimestamp: now };
    const error = { attemptsMade: 1, ...times, errorCode, rawData: piece.toString('base64') };
    const data = Buffer.from(`${JSON.stringify(error)}\n`);
    const lines = linesOf(piece);
    this.#counts.taken += lines;
    const full = this.#errors.add(errorFolder(now), { data, lines }, now);
    if (full) this.#store([], [full]);
  }

  #store(buffers: readonly FolderBuffer[], errors: readonly FolderBuffer[]): void {
    const { compression, objectPrefix } = this.settings;
    const isCompressed = compression === 'gzip';
    const extension = isCompressed ? '.jsonl.gz' : '.jsonl';
    for (const buffer of buffers) {
      this.#storeBuffer(buffer, { prefix: objectPrefix, extension, isCompressed }, 'stored');
    }
    const errorsPrefix = `${ERRORS_PREFIX}${objectPrefix}`;
    for (const buffer of errors) {
      const form = { prefix: errorsPrefix, extension: '', isCompressed: false };
      this.#storeBuffer(buffer, form, 'failed');
    }
  }

  #storeBuffer(
    { folder, openedAt: time, pieces }: FolderBuffer,
    { extension, isCompressed, prefix }: ObjectForm,
    count: 'stored' | 'failed',
  ): void {
    const { bucket, name: stream } = this.settings;
    const lines = pieces.reduce((sum, piece) => sum + piece.lines, 0);
    const storing = storeObject(
      { ...this.#deps, bucket, closing: this.#closing.signal },
      {
        text: Buffer.concat(pieces.map(({ data }) => data)),
        isCompressed,
        newKey: () => {
          const name = streamObjectName({ stream, time, extension, id: randomUUID() });
          return `${prefix}${folder}${name}`;
        },
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

/** What objects of a buffer are like, besides their lines. */
interface ObjectForm {
  readonly prefix: string;
  readonly extension: string;
  readonly isCompressed: boolean;
}
