import { Buffer } from 'node:buffer';
import { ArchiverError } from '../../lambda/core/errors.ts';
import type { CallOptions, ChunkStream } from '../../lambda/core/ports.ts';

/** The outcome of a call: the codes of rejected chunks by position, or no answer, before or after the effect. */
export type CallFate = ReadonlyMap<number, string> | 'lost before' | 'lost after';

/** A stream in memory whose calls may fail. */
export class MemoryStream implements ChunkStream {
  /** The chunks of each call, as text. */
  readonly calls: string[][] = [];
  readonly taken: string[] = [];
  /** The outcomes of the next calls; later calls succeed. */
  fates: CallFate[] = [];

  async put(chunks: readonly Uint8Array[], { signal }: CallOptions) {
    // Lets other calls start, as a request would.
    await Promise.resolve();
    if (signal.aborted) throw new ArchiverError('STORE_ABORTED', 'aborted', { retryable: true });
    const texts = chunks.map((chunk) => Buffer.from(chunk).toString());
    this.calls.push(texts);
    const fate = this.fates.shift() ?? new Map<number, string>();
    const lost = new ArchiverError('STREAM_WRITE_FAILED', 'no answer', { retryable: true });
    if (fate === 'lost before') throw lost;
    const codes = texts.map((_, index) => (fate === 'lost after' ? undefined : fate.get(index)));
    this.taken.push(...texts.filter((_, index) => codes[index] === undefined));
    if (fate === 'lost after') throw lost;
    return codes;
  }

  /** The parsed lines that the stream has accepted. */
  lines(): { readonly partition: number; readonly offset: number }[] {
    return this.taken
      .join('')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }
}
