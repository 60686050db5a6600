import type { Clock, ObjectStore, Telemetry } from '../../lambda/core/ports.ts';
import { noEnrichment } from '../../lambda/core/record/enrichment.ts';
import type {
  AllArchiveDeps,
  AllArchiveSettings,
  archiveHandler,
} from '../helpers/archive-parts.ts';

/** The archive handler, or a variation of it. */
export type CreateHandler = (deps: AllArchiveDeps) => ReturnType<typeof archiveHandler>;

/** What a process's handler works with during one invocation. */
export interface Surroundings {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** A process with a handler in it, for one invocation at a time. */
export interface Process {
  readonly handler: ReturnType<CreateHandler>;
  /** Of the invocation that it runs, or ran last. */
  surroundings: Surroundings;
}

const pools = new WeakMap<CreateHandler, Map<string, Process[]>>();

/**
 * The processes, idle now, of handlers of one kind and settings. All schedules share them, killed ones
 * too, because a handler holds megabytes: what an invocation leaves behind in one can only do harm.
 */
export function processesOf(createHandler: CreateHandler, settings: AllArchiveSettings): Process[] {
  const pool = pools.get(createHandler) ?? new Map<string, Process[]>();
  pools.set(createHandler, pool);
  const name = JSON.stringify(settings);
  const processes = pool.get(name) ?? [];
  pool.set(name, processes);
  return processes;
}

/** Starts a process, whose handler looks for its parts in the surroundings of the moment. */
export function startProcess(
  createHandler: CreateHandler,
  settings: AllArchiveSettings,
  surroundings: Surroundings,
): Process {
  const process: Process = {
    surroundings,
    handler: createHandler({
      store: {
        create: (object, options) => process.surroundings.store.create(object, options),
        readSha256: (key, options) => process.surroundings.store.readSha256(key, options),
      },
      clock: {
        now: () => process.surroundings.clock.now(),
        timeout: (milliseconds) => process.surroundings.clock.timeout(milliseconds),
      },
      telemetry: {
        objectStored: (summary) => process.surroundings.telemetry.objectStored(summary),
        batchDone: (summary, failures) =>
          process.surroundings.telemetry.batchDone(summary, failures),
        batchRefused: (id, error) => process.surroundings.telemetry.batchRefused(id, error),
      },
      enrich: noEnrichment,
      random: () => 0,
      settings,
    }),
  };
  return process;
}
