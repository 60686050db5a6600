import { setTimeout as sleep } from 'node:timers/promises';
import type { EventOrigin } from '../../../kafka/mapping-event.ts';
import type { FirehoseServerOptions } from '../firehose-server/server.ts';
import { ARCHIVE_FUNCTION_ARN, type LocalFunctionOptions } from '../lambda/local-functions.ts';
import type { Discard, MappingDeps, MappingEvent } from '../mapping/event-source-mapping.ts';
import { s3Destination } from '../mapping/on-failure.ts';
import type { Invoke } from '../mapping/pipeline.ts';
import { type MappingSettings, mappingSettings } from '../mapping/settings.ts';
import { describeCounts, type FailedBatchEvent } from '../replay/failed-batch-watch.ts';
import { type FailedBatches, startFailedBatches } from '../replay/failed-batches.ts';
import { s3ClientOf } from '../s3-client.ts';
import type { S3ServerOptions } from '../s3-server/server.ts';
import { failBatches } from './failing-batches.ts';
import { FirstLines } from './first-lines.ts';
import type { DemoOptions } from './options.ts';
import { Outage } from './outage.ts';
import { count, type ReplayFigures, seconds } from './report.ts';

/** Where an outage can be. */
export interface OutagePlace {
  readonly bucket: string;
  /** Has the outage, in runs that have one. */
  readonly stream: string;
}

/** Bucket of failed batches. */
export const FAILED_BUCKET = 'failed-batches';

/** Tries after the first. Few, and soon, so that what fails for good does so while somebody watches. */
const RETRIES = 1;
const RETRY_DELAY_MS = 300;
/** Seconds of the archive function in an outage: the margin of five, and two in which it tries each put. */
const OUTAGE_TIMEOUT = 7;
/** Of the replay: soon, as above, and often enough for waits that double to outlast the longest outage. */
const replay = {
  ...{ delaySeconds: 1, replayRetrySeconds: 1, replayTries: 12 },
  ...{ timeoutSeconds: 10, visibilitySeconds: 30, concurrency: 2 },
};

/** Milliseconds without any change, besides those of an outage, after which waiting is of no use. */
const PATIENCE_MS = 120_000;
const LOOK_MS = 250;
/** How many of what is left at the end are named. */
const MOST_LEFTOVERS = 10;

/** What both functions of a run are told. */
export type FunctionPlace = Omit<LocalFunctionOptions, 'codeFolder' | 'log' | 'timeoutSeconds'>;

/** What failures need of the run. */
export interface FailuresDeps {
  readonly now: () => number;
  readonly print: (line: string) => void;
}

/** Has batches of a run fail, keeps them as failed batches, and has those replayed. */
export class DemoFailures {
  readonly #options: DemoOptions;
  readonly #deps: FailuresDeps;
  readonly #outage: Outage | undefined;
  /** What each failed batch holds, by its key. */
  readonly #names = new Map<string, string>();
  readonly #lines: FirstLines;
  #batches: FailedBatches | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DemoOptions, place: OutagePlace, deps: FailuresDeps) {
    const { outage, stream } = options;
    this.#options = options;
    this.#deps = deps;
    const { print } = deps;
    this.#lines = new FirstLines(print);
    this.#outage =
      outage === undefined
        ? undefined
        : new Outage({
            ...{ bucket: place.bucket, seconds: outage, print },
            ...(stream && { stream: place.stream }),
          });
  }

  /** What the S3 server asks and tells. */
  get s3Hooks(): Pick<S3ServerOptions, 'fault' | 'onObjectCreated'> {
    return {
      fault: (request) => this.#outage?.fault(request),
      onObjectCreated: (object) => {
        if (object.bucket === FAILED_BUCKET) this.#batches?.announce(object);
      },
    };
  }

  /** What the Firehose server asks. */
  get streamFault(): NonNullable<FirehoseServerOptions['fault']> {
    return (request) => this.#outage?.streamFault(request);
  }

  /** Settings of the event source mappings. */
  get mapping(): MappingSettings {
    const { batchSize, batchWindow, pollers } = this.#options;
    return mappingSettings({
      ...{ batchSize, batchWindow, pollers, mode: 'provisioned' },
      ...{ maximumRetryAttempts: RETRIES, retryDelayMs: RETRY_DELAY_MS },
      // A failing batch then holds back one partition, and several fail at a time.
      mixPartitions: false,
    });
  }

  /** Seconds of the archive function. */
  get timeoutSeconds(): number | undefined {
    return this.#outage && OUTAGE_TIMEOUT;
  }

  /** Starts the way back: queues, and the replay function of this bundle and log. */
  async start(
    place: FunctionPlace,
    bundle: Pick<LocalFunctionOptions, 'codeFolder' | 'log'>,
  ): Promise<FailedBatches> {
    const batches = await startFailedBatches({
      ...{ ...place, ...bundle, ...replay, failedBatchBucket: FAILED_BUCKET },
      now: this.#deps.now,
      observe: (event) => {
        if (event.type !== 'replay failed') this.#tell(event);
      },
    });
    this.#batches = batches;
    this.#timer = setInterval(() => void batches.watch.refresh(), LOOK_MS);
    return batches;
  }

  /** What is to come, for the user. */
  describe(folder: string): readonly string[] {
    const { batchSize, failRate, outage } = this.#options;
    const lines = [
      `batches of ${count(batchSize)} records, ${RETRIES} retry after ${seconds(RETRY_DELAY_MS)}; what fails for good is kept in ${folder}/ and replayed from there`,
    ];
    if (failRate !== undefined) {
      const percentage = Number((failRate * 100).toFixed(6));
      lines.push(
        `${percentage} % of the batches fail in the function, however often they are tried`,
      );
    }
    if (outage !== undefined) {
      lines.push(
        `an outage of ${outage} s comes after the first batch; the function's timeout is ${OUTAGE_TIMEOUT} s, so that it does not sit it out`,
      );
    }
    return lines;
  }

  /** Stands between the mappings and the function. */
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
        announce: ({ key }) => {
          const name = nameOf(origin, discard);
          this.#names.set(key, name);
          this.#lines.tell('given up', `${name} (${reasonOf(discard)}), kept as a failed batch`);
        },
      })(discard);
  }

  /** Takes in what a mapping does. */
  observe(event: MappingEvent): void {
    const isArchived = event.type === 'invoked' && event.outcome.kind === 'returned';
    // Where no batch is archived at all, the first that is given up has to do.
    if (isArchived || event.type === 'discarded') this.#outage?.begin();
  }

  /** Where the failed batches stand, for a line of progress. */
  line(): string {
    return this.#batches ? describeCounts(this.#batches.watch.counts()) : '';
  }

  /** Waits until none of the failed batches is waiting, or for long nothing changes. */
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

  /** How the failed batches fared. */
  figures(): Pick<ReplayFigures, 'counts' | 'slowestMs'> {
    const watch = this.#batches?.watch;
    const none = { all: 0, waiting: 0, replayed: 0, dead: 0 };
    return { counts: watch?.counts() ?? none, slowestMs: watch?.slowest() ?? 0 };
  }

  /** What became of each failed batch that was not replayed. */
  leftovers(): readonly string[] {
    const watch = this.#batches?.watch;
    const letters = (watch?.deadLetters() ?? []).map(
      ({ code, key, reason }) =>
        `dead letter: ${this.#nameOf(key)}: ${code || 'GIVEN_UP'} ${reason}`,
    );
    const waiting = (watch?.waiting() ?? []).map((key) => `not replayed: ${this.#nameOf(key)}`);
    const all = [...letters, ...waiting];
    if (all.length <= MOST_LEFTOVERS) return all;
    return [...all.slice(0, MOST_LEFTOVERS), `and ${count(all.length - MOST_LEFTOVERS)} more`];
  }

  /** Ends all. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#outage?.close();
    await this.#batches?.close();
  }

  #tell(event: FailedBatchEvent): void {
    const name = this.#nameOf(event.key);
    if (event.type === 'replayed') {
      const { milliseconds, tries } = event;
      this.#lines.tell('replayed', `${name} at try ${tries}, ${seconds(milliseconds)} later`);
    }
    if (event.type === 'dead') this.#lines.tell('dead', `${name} (${event.code || 'GIVEN_UP'})`);
  }

  #nameOf(key: string): string {
    return this.#names.get(key) ?? (key || 'no failed batch');
  }
}

function reasonOf({ condition, invokes }: Discard): string {
  return invokes === 0 ? condition : `${condition} after ${invokes} tries`;
}

/** Topic-partition and offsets of records that were given up: of one partition, see the mapping. */
function nameOf({ topic }: EventOrigin, { records }: Discard): string {
  const [first, last] = [records[0]?.record, records.at(-1)?.record];
  return `${topic}-${first?.partition} offsets ${first?.offset} to ${last?.offset}`;
}
