import { bodies, checksums } from './bodies.ts';
import { conditionalWrites } from './conditional-writes.ts';
import { keys, listing } from './keys.ts';
import { missing } from './missing.ts';
import { metadata, tagging } from './properties.ts';
import type { ConformanceGroup } from './test-bucket.ts';

/** Everything that the project relies on from S3. */
export const conformanceGroups: readonly ConformanceGroup[] = [
  conditionalWrites,
  bodies,
  checksums,
  metadata,
  tagging,
  keys,
  listing,
  missing,
];
