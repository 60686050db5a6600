import type { S3RequestInfo } from '../s3-server/server.ts';
import type { ServerFault } from '../server-fault.ts';

/** What an outage is of. */
export interface OutageOptions {
  readonly bucket: string;
  /** How long it lasts. */
  readonly seconds: number;
  readonly print: (line: string) => void;
}

/** A time in which a bucket refuses every put with 503 SlowDown. */
export class Outage {
  readonly #options: OutageOptions;
  #state: 'before' | 'on' | 'over' = 'before';
  #timer: NodeJS.Timeout | undefined;
  #refused = 0;

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  /** Begins it, the first time; it ends by itself. */
  begin(): void {
    if (this.#state !== 'before') return;
    const { bucket, print, seconds } = this.#options;
    this.#state = 'on';
    print(`outage: for ${seconds} s, bucket '${bucket}' refuses every put (503 SlowDown)`);
    this.#timer = setTimeout(() => {
      this.#state = 'over';
      print(`outage over: ${this.#refused} puts were refused`);
    }, seconds * 1000);
  }

  /** What goes wrong with a request. */
  fault({ bucket, operation }: S3RequestInfo): ServerFault | undefined {
    const isPut = operation === 'PutObject' && bucket === this.#options.bucket;
    if (this.#state !== 'on' || !isPut) return undefined;
    this.#refused += 1;
    return { kind: 'error', status: 503, code: 'SlowDown' };
  }

  /** Ends it without a word. */
  close(): void {
    clearTimeout(this.#timer);
    this.#state = 'over';
  }
}
