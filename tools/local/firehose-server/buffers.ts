import type { Buffer } from 'node:buffer';

/** Bytes for an object, and the number of lines they contain. */
export interface Piece {
  readonly data: Buffer;
  readonly lines: number;
}

/** Buffered pieces of one folder. */
export interface FolderBuffer {
  /** The prefix of its object, in which the partition keys are evaluated but no time. */
  readonly folder: string;
  /** Epoch milliseconds at which its first piece arrived. */
  readonly openedAt: number;
  readonly pieces: readonly Piece[];
}

/** Limits at which a buffer becomes an object, whichever is reached first. */
export interface BufferHints {
  /** Before compression. */
  readonly bytes: number;
  readonly milliseconds: number;
}

interface OpenBuffer extends FolderBuffer {
  readonly pieces: Piece[];
  bytes: number;
}

/**
 * Buffers by folder, each with its own size and age.
 * https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning.html
 *
 * ASSUMED: the piece that fills a buffer still belongs to it, so objects exceed the size by one piece
 * at most.
 */
export class FolderBuffers {
  readonly #hints: BufferHints;
  /** In the order of their first pieces. */
  readonly #open = new Map<string, OpenBuffer>();

  constructor(hints: BufferHints) {
    this.#hints = hints;
  }

  /** Number of folders that have a buffer. */
  get count(): number {
    return this.#open.size;
  }

  /** Whether a folder has a buffer. */
  has(folder: string): boolean {
    return this.#open.has(folder);
  }

  /** Adds a piece. @returns the folder's buffer, closed, if it is full */
  add(folder: string, piece: Piece, now: number): FolderBuffer | undefined {
    let buffer = this.#open.get(folder);
    if (buffer === undefined) {
      buffer = { folder, openedAt: now, pieces: [], bytes: 0 };
      this.#open.set(folder, buffer);
    }
    buffer.pieces.push(piece);
    buffer.bytes += piece.data.length;
    if (buffer.bytes < this.#hints.bytes) return undefined;
    this.#open.delete(folder);
    return buffer;
  }

  /** Closes all buffers whose time is over. */
  takeDue(now: number): FolderBuffer[] {
    return this.#take(({ openedAt }) => openedAt + this.#hints.milliseconds <= now);
  }

  /** Closes all buffers. */
  takeAll(): FolderBuffer[] {
    return this.#take(() => true);
  }

  /** Epoch milliseconds at which the next buffer is due; infinity if there is none. */
  nextDue(): number {
    const [oldest] = this.#open.values();
    return oldest ? oldest.openedAt + this.#hints.milliseconds : Number.POSITIVE_INFINITY;
  }

  #take(isTaken: (buffer: FolderBuffer) => boolean): FolderBuffer[] {
    const taken = [...this.#open.values()].filter(isTaken);
    for (const { folder } of taken) this.#open.delete(folder);
    return taken;
  }
}
