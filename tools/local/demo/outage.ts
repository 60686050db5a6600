import type { FirehoseRequestInfo } from '../firehose-server/server.ts';
import type { S3RequestInfo } from '../s3-server/server.ts';
import type { ServerFault } from '../server-fault.ts';

/** Options of an outage. */
export interface OutageOptions {
  readonly bucket: string;
  /** A stream that is down instead of the bucket. @default - none */
  readonly stream?: string | undefined;
  /** Duration of the outage. */
  readonly seconds: number;
  readonly print: (line: string) => void;
}

const SLOW_DOWN = 'SlowDown';
const UNAVAILABLE = 'ServiceUnavailableException';

/** A period in which a bucket or a delivery stream refuses every put with 503. */
export class Outage {
  readonly #options: OutageOptions;
  #state: 'before' | 'on' | 'over' = 'before';
  #timer: NodeJS.Timeout | undefined;
  #refused = 0;

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  /** Begins the outage at the first call; it ends after its duration. */
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

  /** The fault of an S3 request. */
  fault({ bucket, operation }: S3RequestInfo): ServerFault | undefined {
    const isPut = operation === 'PutObject' && bucket === this.#options.bucket;
    return this.#refusal(isPut && this.#options.stream === undefined, SLOW_DOWN);
  }

  /** The fault of a Firehose request. */
  streamFault({ stream }: Pick<FirehoseRequestInfo, 'stream'>): ServerFault | undefined {
    return this.#refusal(stream === this.#options.stream, UNAVAILABLE);
  }

  /** Ends the outage silently. */
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
