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
    { records: 1, objects: 1, cpuMs: 4.38, logBytes: 1559 },
    { records: 10, objects: 1, cpuMs: 4.67, logBytes: 1566 },
    { records: 100, objects: 1, cpuMs: 8.29, logBytes: 1573 },
    { records: 1000, objects: 1, cpuMs: 45.79, logBytes: 1582 },
    { records: 3990, objects: 1, cpuMs: 161.99, logBytes: 1588 },
    { records: 100, objects: 10, cpuMs: 22.22, logBytes: 2260 },
    { records: 1000, objects: 10, cpuMs: 55.73, logBytes: 2278 },
    { records: 3990, objects: 10, cpuMs: 182.18, logBytes: 2280 },
    { records: 10, objects: 10, cpuMs: 15.17, logBytes: 2244 },
    { records: 100, objects: 100, cpuMs: 199.69, logBytes: 9096 },
    { records: 1000, objects: 100, cpuMs: 262.48, logBytes: 9202 },
  ],
  resources: { stack: 36.98, topic: 1.02 },
};
