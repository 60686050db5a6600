import type { FirehoseRequestInfo } from '../firehose-server/server.ts';
import type { S3RequestInfo } from '../s3-server/server.ts';
import type { ServerFault } from '../server-fault.ts';

/** What an outage is of. */
export interface OutageOptions {
  readonly bucket: string;
  /** Has it in place of the bucket. @default - the bucket has it */
  readonly stream?: string | undefined;
  /** How long it lasts. */
  readonly seconds: number;
  readonly print: (line: string) => void;
}

const SLOW_DOWN = 'SlowDown';
const UNAVAILABLE = 'ServiceUnavailableException';

/** A time in which a bucket, or a delivery stream, refuses every put with 503. */
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
    const { bucket, print, seconds, stream } = this.#options;
    this.#state = 'on';
    const who = stream === undefined ? `bucket '${bucket}'` : `stream '${stream}'`;
    const code = stream === undefined ? SLOW_DOWN : UNAVAILABLE;
    print(`outage: for ${seconds} s, ${who} refuses every put (503 ${code})`);
    this.#timer = setTimeout(() => {
      this.#state = 'over';
      print(`outage over: ${this.#refused} puts were refused`);
    }, seconds * 1000);
  }

  /** What goes wrong with a request of S3. */
  fault({ bucket, operation }: S3RequestInfo): ServerFault | undefined {
    const isPut = operation === 'PutObject' && bucket === this.#options.bucket;
    return this.#refusal(isPut && this.#options.stream === undefined, SLOW_DOWN);
  }

  /** What goes wrong with a request of Firehose. */
  streamFault({ stream }: Pick<FirehoseRequestInfo, 'stream'>): ServerFault | undefined {
    return this.#refusal(stream === this.#options.stream, UNAVAILABLE);
  }

  /** Ends it without a word. */
  close(): void {
    clearTimeout(this.#timer);
    this.#state = 'over';
  }

  #refusal(isMeant: boolean, code: string): ServerFault | undefined {
    if (this.#state !== 'on' || !isMeant) return undefined;
    this.#refused += 1;
    return { kind: 'error', status: 503, code };
  }
}
