import { setTimeout as sleep } from 'node:timers/promises';
import type { EventOrigin } from '../../../lambda/core/record/mapping-event.ts';
import type { FirehoseServerOptions } from '../firehose-server/server.ts';
import { ARCHIVE_FUNCTION_ARN, type LocalFunctionOptions } from '../lambda/local-functions.ts';
import type { Discard, MappingDeps, MappingEvent } from '../mapping/event-source-mapping.ts';
import { s3Destination } from '../mapping/on-failure.ts';
import type { Invoke } from '../mapping/pipeline.ts';
import { type MappingSettings, mappingSettings } from '../mapping/settings.ts';
import { describeCounts, type FailedBatchEvent } from '../replay/failed-batch-watch.ts';
import { type FailedBatches, startFailedBatches } from '../replay/failed-batches.ts';
import { s3ClientOf } from '../s3-client.ts';
import type { S3RequestInfo, S3ServerOptions } from '../s3-server/server.ts';
import type { ServerFault } from '../server-fault.ts';
import { failBatches } from './failing-batches.ts';
import type { DemoOptions } from './options.ts';
import { Outage } from './outage.ts';
import { count, type ReplayFigures, seconds } from './report.ts';

/** What an outage can affect. */
export interface OutagePlace {
  readonly bucket: string;
  /** Affected instead of the bucket, in runs with a stream. */
  readonly stream: string;
}

/** Bucket of failed batches. */
export const FAILED_BUCKET = 'failed-batches';

/** Few and early retries, so that a batch fails for good while the user is watching. */
const RETRIES = 1;
const RETRY_DELAY_MS = 300;
/** Timeout in an outage: the margin of five seconds, and two for the attempts of each put. */
const OUTAGE_TIMEOUT = 7;
/** Early replays, as above, and enough of them that their doubling delays outlast any outage. */
const replay = {
  ...{ delaySeconds: 1, replayRetrySeconds: 1, replayTries: 12 },
  ...{ timeoutSeconds: 10, visibilitySeconds: 30, concurrency: 2 },
};

/** Milliseconds without any change, besides an outage, after which the run stops waiting. */
const PATIENCE_MS = 120_000;
const LOOK_MS = 250;
/** How many leftovers are listed at the end. */
const MAX_LEFTOVERS = 10;
/** How many lines of each kind are printed during the run. */
const MAX_LINES = 5;

/** Options that both functions share. */
export type FunctionPlace = Omit<LocalFunctionOptions, 'codeFolder' | 'log' | 'timeoutSeconds'>;

/** What failures need from the run. */
export interface FailuresDeps {
  readonly now: () => number;
  readonly print: (line: string) => void;
}

/** Makes batches of a run fail, keeps them as failed batches, and replays those. */
export class DemoFailures {
  readonly #options: DemoOptions;
  readonly #deps: FailuresDeps;
  readonly #outage: Outage | undefined;
  /** Description of each failed batch, by key. */
  readonly #names = new Map<string, string>();
  /** Number of lines printed so far, by kind. */
  readonly #printed = new Map<string, number>();
  #batches: FailedBatches | undefined;
  /** Whether the replay may read every failed batch. */
  #isAccessRestored = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DemoOptions, place: OutagePlace, deps: FailuresDeps) {
    const { outage, stream } = options;
    this.#options = options;
    this.#deps = deps;
    const { print } = deps;
    this.#outage =
      outage === undefined
        ? undefined
        : new Outage({
            ...{ bucket: place.bucket, seconds: outage, print },
            ...(stream && { stream: place.stream }),
          });
  }

  /** Injects the outage, and loads that are refused, into the S3 server. */
  get s3Fault(): NonNullable<S3ServerOptions['fault']> {
    return (request) => this.#outage?.fault(request) ?? this.#refuseLoad(request);
  }

  /** Injects the outage into the Firehose server. */
  get streamFault(): NonNullable<FirehoseServerOptions['fault']> {
    return (request) => this.#outage?.streamFault(request);
  }

  /** Settings of the event source mappings. */
  get mapping(): MappingSettings {
    const { batchSize, batchWindow, pollers } = this.#options;
    return mappingSettings({
      ...{ batchSize, batchWindow, pollers, mode: 'provisioned' },
      ...{ maximumRetryAttempts: RETRIES, retryDelayMs: RETRY_DELAY_MS },
      // A failing batch then blocks only one partition, and several can fail concurrently.
      mixPartitions: false,
    });
  }

  /** Timeout of the archive function in seconds. */
  get timeoutSeconds(): number | undefined {
    return this.#outage && OUTAGE_TIMEOUT;
  }

  /** Starts the replay: queues, and the replay function with this bundle and log. */
  async start(
    place: FunctionPlace,
    bundle: Pick<LocalFunctionOptions, 'codeFolder' | 'log'>,
  ): Promise<FailedBatches> {
    const batches = await startFailedBatches({
      ...{ ...place, ...bundle, ...replay, failedBatchBucket: FAILED_BUCKET },
      now: this.#deps.now,
      observe: (event) => {
        if (event.type !== 'replay failed') this.#report(event);
      },
    });
    this.#batches = batches;
    this.#timer = setInterval(() => void batches.watch.refresh(), LOOK_MS);
    return batches;
  }

  /** Describes the failures for the user. */
  describe(folder: string): readonly string[] {
    const { batchSize, deadLetters, failRate, outage } = this.#options;
    const lines = [
      `batches of ${count(batchSize)} records, ${RETRIES} retry after ${seconds(RETRY_DELAY_MS)}; failed batches are kept in ${folder}/ and replayed`,
    ];
    if (failRate !== undefined) {
      const percentage = Number((failRate * 100).toFixed(6));
      lines.push(`${percentage} % of the batches fail in every attempt`);
    }
    if (deadLetters !== undefined) {
      lines.push(
        `the replay may not read the first ${count(deadLetters)} failed ${deadLetters === 1 ? 'batch' : 'batches'}`,
      );
    }
    if (outage !== undefined) {
      lines.push(
        `an outage of ${outage} s begins after the first batch; the function's timeout is ${OUTAGE_TIMEOUT} s, too short to wait for its end`,
      );
    }
    return lines;
  }

  /** Intercepts the invocations of the function. */
  get wrapInvoke(): (invoke: Invoke) => Invoke {
    const { failRate } = this.#options;
    return failRate === undefined ? (invoke) => invoke : failBatches(failRate);
  }

  /** The on-failure destination of a mapping. */
  destination(endpoint: string, origin: EventOrigin): NonNullable<MappingDeps['onFailure']> {
    const client = s3ClientOf({ endpoint });
    return (discard) =>
      s3Destination({
        ...{ client, bucket: FAILED_BUCKET, origin, mappingId: origin.topic },
        functionArn: ARCHIVE_FUNCTION_ARN,
        now: this.#deps.now,
        announce: (entry) => {
          const name = nameOf(origin, discard);
          this.#names.set(entry.key, name);
          this.#print('given up', `${name} (${reasonOf(discard)}), kept as a failed batch`);
          this.#batches?.announce(entry);
        },
      })(discard);
  }

  /** Begins the outage after the first batch. */
  observe(event: MappingEvent): void {
    const isArchived = event.type === 'invoked' && event.outcome.kind === 'returned';
    // If no batch is archived, the first one that is given up counts.
    if (isArchived || event.type === 'discarded') this.#outage?.begin();
  }

  /** Lets the replay read every failed batch from now on. @returns lines for the user */
  restoreAccess(): readonly string[] {
    const { deadLetters = 0 } = this.#options;
    this.#isAccessRestored = true;
    if (deadLetters === 0) return [];
    return ['the replay may read every failed batch now, so that dead letters can be redriven'];
  }

  /** The state of the failed batches, for a line of progress. */
  line(): string {
    return this.#batches ? describeCounts(this.#batches.watch.counts()) : '';
  }

  /** Waits until no failed batch is waiting, or nothing has changed for long. */
  async settle(progress: (line: string) => void): Promise<void> {
    const { now } = this.#deps;
    const patience = PATIENCE_MS + 2 * (this.#options.outage ?? 0) * 1000;
    await this.#batches?.watch.refresh();
    let [line, since] = [this.line(), now()];
    while ((this.#batches?.watch.waiting().length ?? 0) > 0 && now() - since < patience) {
      progress(line);
      await sleep(LOOK_MS);
      if (this.line() !== line) [line, since] = [this.line(), now()];
    }
    progress('');
  }

  /** Figures of the failed batches. */
  figures(): Pick<ReplayFigures, 'counts' | 'slowestMs'> {
    const watch = this.#batches?.watch;
    const none = { all: 0, waiting: 0, replayed: 0, dead: 0 };
    return { counts: watch?.counts() ?? none, slowestMs: watch?.slowest() ?? 0 };
  }

  /** Lines about failed batches that were not replayed. */
  leftovers(): readonly string[] {
    const watch = this.#batches?.watch;
    const letters = (watch?.deadLetters() ?? []).map(
      ({ code, key, reason }) =>
        `dead letter: ${this.#nameOf(key)}: ${code || 'GIVEN_UP'} ${reason}`,
    );
    const waiting = (watch?.waiting() ?? []).map((key) => `not replayed: ${this.#nameOf(key)}`);
    const all = [...letters, ...waiting];
    if (all.length <= MAX_LEFTOVERS) return all;
    return [...all.slice(0, MAX_LEFTOVERS), `and ${count(all.length - MAX_LEFTOVERS)} more`];
  }

  /** Closes everything. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#outage?.close();
    await this.#batches?.close();
  }

  /** A refusal that no retry overcomes, as when someone has changed the policy of the bucket. */
  #refuseLoad({ bucket, key, operation }: S3RequestInfo): ServerFault | undefined {
    const { deadLetters = 0 } = this.#options;
    if (this.#isAccessRestored || operation !== 'GetObject' || bucket !== FAILED_BUCKET)
      return undefined;
    const place = [...this.#names.keys()].indexOf(key);
    if (place === -1 || place >= deadLetters) return undefined;
    return { kind: 'error', status: 403, code: 'AccessDenied' };
  }

  #report(event: FailedBatchEvent): void {
    const name = this.#nameOf(event.key);
    if (event.type === 'replayed') {
      const { milliseconds, tries } = event;
      this.#print('replayed', `${name} in attempt ${tries}, after ${seconds(milliseconds)}`);
    }
    if (event.type === 'dead') this.#print('dead letter', `${name} (${event.code || 'GIVEN_UP'})`);
  }

  /** Prints only the first lines of each kind. */
  #print(kind: string, line: string): void {
    const printed = (this.#printed.get(kind) ?? 0) + 1;
    this.#printed.set(kind, printed);
    if (printed <= MAX_LINES) this.#deps.print(`${kind}: ${line}`);
    if (printed === MAX_LINES) this.#deps.print(`(further lines '${kind}' are omitted)`);
  }

  #nameOf(key: string): string {
    return this.#names.get(key) ?? (key || 'no failed batch');
  }
}

function reasonOf({ condition, invokes }: Discard): string {
  return invokes === 0 ? condition : `${condition} after ${invokes} attempts`;
}

/** Topic-partition and offsets of records that were given up; the mapping does not mix partitions. */
function nameOf({ topic }: EventOrigin, { records }: Discard): string {
  const [first, last] = [records[0]?.record, records.at(-1)?.record];
  return `${topic}-${first?.partition} offsets ${first?.offset} to ${last?.offset}`;
}
