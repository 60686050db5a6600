import { setTimeout as sleep } from 'node:timers/promises';
import type { EventOrigin } from './batch.ts';
import {
  type EmulatorClock,
  EventSourceMapping,
  type MappingEvent,
} from './event-source-mapping.ts';
import type { FunctionConfiguration } from './lambda/execution-environment.ts';
import { EmulatedFunction } from './lambda/function.ts';
import { type S3Server, type S3ServerOptions, startS3Server } from './s3-server/server.ts';
import type { MappingSettings } from './settings.ts';
import type { Source } from './source.ts';

/** What a pipeline is made of. */
export interface PipelineOptions {
  readonly source: Source;
  readonly origin: EventOrigin;
  readonly mapping: MappingSettings;
  readonly s3: S3ServerOptions;
  /** Without the S3 endpoint, which the pipeline adds to its environment. */
  readonly function: FunctionConfiguration;
  readonly observe: (event: MappingEvent) => void;
}

/** A topic's way to S3 on this machine. */
export interface Pipeline {
  readonly s3: S3Server;
  readonly function: EmulatedFunction;
  readonly mapping: EventSourceMapping;
  /** Ends the function's processes and the S3 server. */
  close(): Promise<void>;
}

const systemClock: EmulatorClock = {
  now: Date.now,
  sleep: (milliseconds, signal) =>
    sleep(milliseconds, undefined, { signal }).catch(() => undefined),
};

/** Starts the S3 server and puts function and mapping before it; the caller runs the mapping. */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { source, origin, mapping, observe } = options;
  const s3 = await startS3Server(options.s3);
  const environment = { ...options.function.environment, AWS_ENDPOINT_URL_S3: s3.endpoint };
  // As many environments as batches can be in the function at a time.
  const concurrency = mapping.pollers * mapping.invokesPerPoller;
  const fn = new EmulatedFunction({ ...options.function, environment }, concurrency);
  return {
    s3,
    function: fn,
    mapping: new EventSourceMapping({
      source,
      origin,
      settings: mapping,
      invoke: (event) => fn.invoke(event),
      clock: systemClock,
      observe,
    }),
    close: async () => {
      await fn.close();
      await s3.close();
    },
  };
}
