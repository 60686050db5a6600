import type { PlanSettings } from '../../../lambda/core/object/archive-plan.ts';

/** What the command line asks for. */
export interface HotPathShape {
  /** Pairs of runs of a case with a goal. */
  readonly pairs: number;
  /** Of each event. */
  readonly partitions: number;
}

/** Compressions that are measured. */
export type MeasuredCompression = 'gzip' | 'zstd';

/** A compression as a table names it: `gzip 6`. */
export interface CompressionCase {
  readonly compression: MeasuredCompression;
  readonly level: number;
}

/** Levels of each compression, the defaults of the stack first: those have the goals. */
export const compressionCases: readonly CompressionCase[] = [
  { compression: 'gzip', level: 6 },
  { compression: 'zstd', level: 3 },
  { compression: 'gzip', level: 1 },
  { compression: 'gzip', level: 9 },
  { compression: 'zstd', level: 1 },
  { compression: 'zstd', level: 6 },
];

/** The compressions at the level that the stack sets. */
export const defaultCases = compressionCases.slice(0, 2);

/** What the planner is told. */
export function planSettings(compression: CompressionCase): PlanSettings {
  return {
    objectPrefix: 'shop/',
    timeFolder: 'hour',
    metadata: { env: 'prod' },
    ...compression,
  };
}

/** A compression's name on a command line. */
export function readCompression(name: string): MeasuredCompression {
  return name === 'zstd' ? 'zstd' : 'gzip';
}
