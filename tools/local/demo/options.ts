import type { KafkaConnection } from '../../../kafka/connection.ts';
import type { Compression, TimeFolder } from '../../../lambda/contract.ts';
import type { ObjectOptions } from '../object-options.ts';

/** Options of a run of the demo. */
export interface DemoOptions extends ObjectOptions {
  /** A file of JSON lines, or `-` for standard input. @default - the earthquakes that come with the project */
  readonly input: string | undefined;
  /** Field of the input's lines that is the key, with dots between levels. @default - no key */
  readonly key: string | undefined;
  /** Field of the input's lines that is the timestamp. @default - the time of the run */
  readonly timestamp: string | undefined;
  /** Number of order events to generate instead of reading an input. */
  readonly records: number | undefined;
  readonly partitions: number;
  readonly batchSize: number;
  /** Seconds. */
  readonly batchWindow: number;
  readonly pollers: number;
  readonly compression: Compression;
  readonly timeFolder: TimeFolder;
  /** @default - the function stores objects itself */
  readonly stream: DemoStreamOptions | undefined;
  readonly out: string;
  /** Whether the function runs on AWS's own runtime client. */
  readonly ric: boolean;
  /** @default - a topic in memory */
  readonly kafka: DemoKafka | undefined;
  /** Share of the batches, from 0 to 1, that fail in every attempt. @default - none */
  readonly failRate: number | undefined;
  /** Number of failed batches that the replay cannot load, so that they become dead letters. @default - none */
  readonly deadLetters: number | undefined;
  /** Seconds for which the archive bucket refuses every put. @default - none */
  readonly outage: number | undefined;
  /** Whether the servers keep running after the verdict, until the user stops them. */
  readonly keep: boolean;
}

/** A run with a real broker. */
export interface DemoKafka {
  /** @default - a cluster of one broker, started for the run */
  readonly connection: KafkaConnection | undefined;
  /** Existing topics are archived as they are, others are created and filled. @default - the demo's */
  readonly topics: readonly string[] | undefined;
}

/** A run with a delivery stream. */
export interface DemoStreamOptions {
  /** Before compression. */
  readonly bufferMiB: number;
  readonly bufferSeconds: number;
}

/** Whether a run has failed batches, and replays them. */
export function hasFailures({ failRate, outage }: DemoOptions): boolean {
  return failRate !== undefined || outage !== undefined;
}
