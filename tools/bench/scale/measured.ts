import type { MeasuredBatch } from './effort.ts';
import type { StackSize } from './stack-size.ts';

/** What `npm run bench:scale -- --measure` found. */
export interface Measured {
  /** Day and machine. */
  readonly on: string;
  readonly batches: readonly MeasuredBatch[];
  readonly resources: StackSize;
}

/** The last measurement that docs/scale.md goes by. */
export const measured: Measured = {
  on: '2026-11-25, AMD EPYC, 2 cores, Node 24.21.0',
  batches: [
    { records: 1, objects: 1, cpuMs: 3.54, logBytes: 1559 },
    { records: 10, objects: 1, cpuMs: 3.45, logBytes: 1566 },
    { records: 100, objects: 1, cpuMs: 6.76, logBytes: 1573 },
    { records: 1000, objects: 1, cpuMs: 35.19, logBytes: 1582 },
    { records: 3990, objects: 1, cpuMs: 140.45, logBytes: 1588 },
    { records: 100, objects: 10, cpuMs: 16.19, logBytes: 2260 },
    { records: 1000, objects: 10, cpuMs: 45.51, logBytes: 2278 },
    { records: 3990, objects: 10, cpuMs: 151.95, logBytes: 2280 },
    { records: 10, objects: 10, cpuMs: 12.11, logBytes: 2244 },
    { records: 100, objects: 100, cpuMs: 152.61, logBytes: 9096 },
    { records: 1000, objects: 100, cpuMs: 173.18, logBytes: 9202 },
  ],
  resources: { stack: 36.98, topic: 1.02 },
};
