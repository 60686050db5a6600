import type { KafkaConnection } from '../../../kafka/connection.ts';
import type { Compression, TimeFolder } from '../../../lambda/contract.ts';
import type { OutOfRangePolicy, StartingPosition } from '../kafka/topic-options.ts';
import type { MappingSettings } from '../mapping/settings.ts';
import type { ObjectOptions } from '../object-options.ts';

/** Options of a run of the emulator. */
export interface EmulateOptions extends ObjectOptions {
  readonly connection: KafkaConnection;
  readonly topics: readonly string[];
  /** The consumer group of a topic. */
  readonly groupOf: (topic: string) => string;
  readonly startingPosition: StartingPosition;
  /** Whether the user chose it, and so wants to know of a group that continues elsewhere. */
  readonly isPositionGiven: boolean;
  readonly outOfRange: OutOfRangePolicy;
  readonly sessionTimeoutMs: number;
  readonly mapping: MappingSettings;
  readonly compression: Compression;
  readonly timeFolder: TimeFolder;
  readonly objectPrefix: string;
  /** Folder of the logs, and of the buckets if there is no endpoint. */
  readonly out: string;
  /** An S3 server to store objects in. @default - the emulator's own */
  readonly s3Endpoint: string | undefined;
  readonly bucket: string;
  /** The on-failure destination, from which failed batches are replayed. @default - none */
  readonly failedBucket: string | undefined;
}
