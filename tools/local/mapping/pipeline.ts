import type { FunctionConfiguration } from '../lambda/execution-environment.ts';
import { EmulatedFunction } from '../lambda/function.ts';
import { systemClock } from './clock.ts';
import { EventSourceMapping } from './event-source-mapping.ts';
import type { MappingDeps } from './mapping-deps.ts';

/** Options of a pipeline. */
export interface PipelineOptions {
  readonly function: FunctionConfiguration;
  /** One per topic. */
  readonly mappings: readonly Omit<MappingDeps, 'invoke' | 'clock'>[];
  /** Called with each event before the function is invoked. @default nothing */
  readonly onInvoke?: (event: string) => void;
  /** Intercepts the mappings' invocations. @default nothing */
  readonly wrapInvoke?: (invoke: Invoke) => Invoke;
}

/** Invokes a function with an event as JSON text; never rejects. */
export type Invoke = MappingDeps['invoke'];

/** A function with its event source mappings. */
export interface Pipeline {
  readonly function: EmulatedFunction;
  readonly mappings: readonly EventSourceMapping[];
  /** Runs the mappings until all have ended or {@link stop} was called. */
  run(): Promise<void>;
  /** Stops polling; awaits running invocations, and commits their batches if they succeed. */
  stop(): void;
  /** Ends the function's processes. */
  close(): Promise<void>;
}

/** Connects event source mappings to a function. */
export function createPipeline(options: PipelineOptions): Pipeline {
  const { function: configuration, mappings, onInvoke } = options;
  const { wrapInvoke = (each: Invoke) => each } = options;
  // As many environments as there can be concurrent invocations.
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
      // If one fails, stop the others and let them finish.
      await Promise.all(runs).catch(stop);
      await Promise.allSettled(runs);
      await Promise.all(runs);
    },
    stop,
    close: () => fn.close(),
  };
}
