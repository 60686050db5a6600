import type { ObjectStore, Telemetry } from '../../lambda/core/ports.ts';
import { archiveHandler, archiveSettings } from '../helpers/archive-parts.ts';
import { checkArchive, type ObjectSettings } from './archive-check.ts';
import { Bucket, requestIdOf } from './bucket.ts';
import { ConsumerGroup } from './consumer-group.ts';
import { Journal } from './journal.ts';
import { LambdaService } from './lambda-service.ts';
import { Mapping } from './mapping.ts';
import type { CreateHandler } from './process-pool.ts';
import type { Scenario } from './schedule.ts';
import { type TopicLog, topicLog } from './topic.ts';
import { Traffic } from './traffic.ts';
import { VirtualTime } from './virtual-time.ts';

/** Parts that a test may plant a bug in. */
export interface SimulationParts {
  readonly bucket?: Bucket;
  /** Puts something between the handler and the store. */
  readonly wrapStore?: (store: ObjectStore) => ObjectStore;
  readonly createHandler?: CreateHandler;
  /** Has pollers commit a batch when they cut it. */
  readonly commitsWhenCut?: boolean;
}

/** A topic, its consumer group, an event source mapping, the archive function and a bucket. */
export class World {
  readonly journal = new Journal();
  readonly time = new VirtualTime();
  readonly bucket: Bucket;
  readonly traffic: Traffic;
  readonly lambda: LambdaService;
  readonly group: ConsumerGroup;
  readonly mapping: Mapping;
  readonly scenario: Scenario;
  /** How batches become objects. */
  readonly objects: ObjectSettings;
  readonly #logs: TopicLog[];
  /** What was acknowledged of each topic when it was deleted. */
  readonly #due: (readonly number[])[] = [];

  constructor(scenario: Scenario, parts: SimulationParts) {
    const { journal, time } = this;
    const { bucket = new Bucket(), wrapStore = (store) => store } = parts;
    const { createHandler = archiveHandler, commitsWhenCut = false } = parts;
    const { maxParallelPuts, reportBatchItemFailures } = scenario;
    this.objects = {
      objectOf: scenario.objectOf,
      objectPrefix: scenario.keyRoom === 'for all runs' ? 'shop/' : `${'long/'.repeat(187)}`,
    };
    // Compression would take place in threads, which no step controls; it is not at issue here.
    const settings = { ...archiveSettings, compression: 'none' } as const;
    const log = topicLog(scenario, 0);
    const group = new ConsumerGroup(log);
    const traffic = new Traffic({ bucket, journal, time });
    const lambda = new LambdaService({
      ...{ journal, time, createHandler, telemetry: this.#telemetry() },
      settings: { ...settings, ...this.objects, maxParallelPuts, reportBatchItemFailures },
      storeOf: (sender) => wrapStore(traffic.storeOf(sender)),
    });
    this.bucket = bucket;
    this.traffic = traffic;
    this.lambda = lambda;
    this.group = group;
    this.mapping = new Mapping({ scenario, group, lambda, journal, commitsWhenCut });
    this.scenario = scenario;
    this.#logs = [log];
  }

  /** Deletes the topic, and creates one of its name. */
  recreateTopic(): void {
    this.journal.step('the topic is deleted and created again');
    const log = topicLog(this.scenario, this.#logs.length);
    this.#due.push(this.group.acknowledged);
    this.#logs.push(log);
    this.group.recreate(log);
  }

  /**
   * Checks the archive as {@link checkArchive} does.
   *
   * @returns how many copies of records there are beyond the first
   */
  check(): number {
    const invoked = this.lambda.invocations.filter(({ process }) => process);
    return checkArchive(this.bucket, {
      ...{ logs: this.#logs, due: this.#due, invoked },
      finished: this.mapping.finished.filter(({ isBisected }) => !isBisected),
      settings: this.objects,
    });
  }

  #telemetry(): Telemetry {
    const { journal } = this;
    return {
      objectStored: ({ requestId, key, outcome, keyConflict }) => {
        const isOwn = requestIdOf(this.bucket.head(key)) === requestId;
        if (keyConflict) journal.saw('other body at the key of a topic created again');
        else if (outcome === 'stored') return;
        else if (isOwn) journal.saw('put lost its answer, met 412, found its own body');
        else journal.saw('retry met 412, found the body of an earlier try');
      },
      batchDone: () => undefined,
      batchRefused: () => undefined,
    };
  }
}
