import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../usage-error.ts';
import type { Target, TargetValues } from './targets.ts';

/** The file in the folder of a local run that says where its failed batches are, while the run lasts. */
export const LOCAL_TARGETS_FILE = 'replay-targets.json';

/** Contents of {@link LOCAL_TARGETS_FILE}: the targets, and the servers that have them. */
export type LocalTargets = Readonly<
  Record<Target | keyof Pick<TargetValues, 's3Endpoint' | 'sqsEndpoint'>, string>
>;

/**
 * Reads where the failed batches of a running local archive are.
 *
 * @param folder its `--out`
 * @throws {UsageError} if nothing runs there
 */
export function readLocalTargets(folder: string): LocalTargets {
  try {
    return JSON.parse(readFileSync(join(folder, LOCAL_TARGETS_FILE), 'utf8'));
  } catch {
    throw new UsageError(
      `--local must be the --out folder of a running 'npm run demo -- --fail-rate 0.2 --keep' or 'npm run emulate -- --failed-bucket failed', got '${folder}'`,
    );
  }
}
