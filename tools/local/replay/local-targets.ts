import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  LOCAL_TARGETS_FILE,
  type LocalTargets,
} from '../../../cli/failed-batches/local-targets.ts';
import type { FailedBatches } from './failed-batches.ts';

/** Where a local run is. */
export interface LocalRun {
  /** The folder of the run. */
  readonly out: string;
  /** The failed-batch bucket. */
  readonly bucket: string;
  readonly s3Endpoint: string;
}

/** Writes for `kafka-archive --local` where the failed batches of a run are. */
export function writeLocalTargets(
  { bucket, out, s3Endpoint }: LocalRun,
  { endpoint, queueUrls }: Pick<FailedBatches, 'endpoint' | 'queueUrls'>,
): void {
  const targets: LocalTargets = {
    ...{ bucket, s3Endpoint, sqsEndpoint: endpoint },
    ...{ queue: queueUrls.replay, deadLetterQueue: queueUrls.deadLetter },
  };
  writeFileSync(join(out, LOCAL_TARGETS_FILE), `${JSON.stringify(targets, undefined, 2)}\n`);
}

/** Removes the file, once its servers no longer run. */
export function removeLocalTargets(out: string): void {
  rmSync(join(out, LOCAL_TARGETS_FILE), { force: true });
}
