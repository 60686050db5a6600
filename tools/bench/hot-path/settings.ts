import type { PlanSettings } from '../../../lambda/core/object/archive-plan.ts';
import type { DataSet } from '../events.ts';

/** The options of a run. */
export interface HotPathShape {
  /** Pairs of runs for a case with a goal. */
  readonly pairs: number;
  /** Partitions of each event. */
  readonly partitions: number;
  readonly data: DataSet;
}

/** The measured compressions. */
export type MeasuredCompression = 'gzip' | 'zstd';

/** A compression with its level. */
export interface CompressionCase {
  readonly compression: MeasuredCompression;
  readonly level: number;
}

/** The measured cases. The stack's defaults come first; they have goals. */
export const compressionCases: readonly CompressionCase[] = [
  { compression: 'gzip', level: 6 },
  { compression: 'zstd', level: 3 },
  { compression: 'gzip', level: 1 },
  { compression: 'gzip', level: 9 },
  { compression: 'zstd', level: 1 },
  { compression: 'zstd', level: 6 },
];

/** Each compression at the stack's default level. */
export const defaultCases = compressionCases.slice(0, 2);

/** The planner's settings. */
export function planSettings(compression: CompressionCase): PlanSettings {
  return {
    objectPrefix: 'shop/',
    timeFolder: 'hour',
    metadata: { env: 'prod' },
    // As with the default memory, which is less than a core.
    ...({ objectOf: 'batch', compressOn: 'main thread' } as const),
    ...compression,
  };
}

/** Parses the name of a data set from a command line. */
export function readDataSet(name: string): DataSet {
  return name === 'text' ? 'text' : 'orders';
}

/** Parses the name of a compression from a command line. */
export function readCompression(name: string): MeasuredCompression {
  return name === 'zstd' ? 'zstd' : 'gzip';
}
