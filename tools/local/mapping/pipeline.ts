import { setTimeout as sleep } from 'node:timers/promises';
import type { FunctionConfiguration } from '../lambda/execution-environment.ts';
import { EmulatedFunction } from '../lambda/function.ts';
import {
  type EmulatorClock,
  EventSourceMapping,
  type MappingDeps,
} from './event-source-mapping.ts';

/** What a pipeline is made of. */
export interface PipelineOptions {
  readonly function: FunctionConfiguration;
  /** One for each topic. */
  readonly mappings: readonly Omit<MappingDeps, 'invoke' | 'clock'>[];
  /** Told of each event before the function gets it. @default nothing */
  readonly onInvoke?: (event: string) => void;
  /** Stands between the mappings and the function. @default nothing does */
  readonly wrapInvoke?: (invoke: Invoke) => Invoke;
}

/** Invokes a function with an event of JSON text; never rejects. */
export type Invoke = MappingDeps['invoke'];

/** The way from topics to S3 on this machine. */
export interface Pipeline {
  readonly function: EmulatedFunction;
  readonly mappings: readonly EventSourceMapping[];
  /** Runs the mappings, until all have ended or {@link stop} was called. */
  run(): Promise<void>;
  /** Stops polling; batches in the function are awaited, and committed if they succeed. */
  stop(): void;
  /** Ends the function's processes. */
  close(): Promise<void>;
}

/** The clock of this machine. */
export const systemClock: EmulatorClock = {
  now: Date.now,
  sleep: (milliseconds, signal) =>
    sleep(milliseconds, undefined, { signal }).catch(() => undefined),
};

/** Puts event source mappings before a function. */
export function createPipeline(options: PipelineOptions): Pipeline {
  const { function: configuration, mappings, onInvoke } = options;
  const { wrapInvoke = (each: Invoke) => each } = options;
  // As many environments as batches can be in the function at a time.
  const concurrency = mappings
    .map(({ settings }) => settings.pollers * settings.invokesPerPoller)
    .reduce((sum, each) => sum + each, 0);
  const fn = new EmulatedFunction(configuration, concurrency);
  const invoke = wrapInvoke((event) => {
    onInvoke?.(event);
    return fn.invoke(event);
  });
  const running = mappings.map(
    (deps) => new EventSourceMapping({ ...deps, invoke, clock: systemClock }),
  );
  const stop = () => {
    for (const mapping of running) mapping.stop();
  };
  return {
    function: fn,
    mappings: running,
    run: async () => {
      const runs = running.map((mapping) => mapping.run());
      // One that fails stops the others, which then end as they do when stopped.
      await Promise.all(runs).catch(stop);
      await Promise.allSettled(runs);
      await Promise.all(runs);
    },
    stop,
    close: () => fn.close(),
  };
}
