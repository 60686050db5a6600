import type { Buffer } from 'node:buffer';

/** Bytes for an object, and how many lines of the archive they hold. */
export interface Piece {
  readonly data: Buffer;
  readonly lines: number;
}

/** Pieces of one folder that wait for their object. */
export interface FolderBuffer {
  readonly folder: string;
  /** Epoch milliseconds of its first piece. */
  readonly openedAt: number;
  readonly pieces: readonly Piece[];
}

/** When a buffer becomes an object, whichever comes first. */
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
 * Buffers by folder, each with its own size and time.
 * https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning.html
 *
 * ASSUMED: a buffer is closed by the piece that fills it, so that objects are larger by one at most.
 */
export class FolderBuffers {
  readonly #hints: BufferHints;
  /** In the order of their first pieces. */
  readonly #open = new Map<string, OpenBuffer>();

  constructor(hints: BufferHints) {
    this.#hints = hints;
  }

  /** Folders that have a buffer. */
  get count(): number {
    return this.#open.size;
  }

  /** Whether a folder has one. */
  has(folder: string): boolean {
    return this.#open.has(folder);
  }

  /** Adds a piece. @returns the folder's buffer, closed, where it is full */
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

  /** Closes what has waited for long enough. */
  takeDue(now: number): FolderBuffer[] {
    return this.#take(({ openedAt }) => openedAt + this.#hints.milliseconds <= now);
  }

  /** Closes all. */
  takeAll(): FolderBuffer[] {
    return this.#take(() => true);
  }

  /** Epoch milliseconds at which the next one is due; infinity where there is none. */
  nextDue(): number {
    const [oldest] = this.#open.values();
    return oldest ? oldest.openedAt + this.#hints.milliseconds : Number.POSITIVE_INFINITY;
  }

  #take(isMeant: (buffer: FolderBuffer) => boolean): FolderBuffer[] {
    const taken = [...this.#open.values()].filter(isMeant);
    for (const { folder } of taken) this.#open.delete(folder);
    return taken;
  }
}
