import type { ResetNote, ResetNotes, SkippedRange } from '../../lambda/core/audit/reset-note.ts';
import type { CallOptions } from '../../lambda/core/ports.ts';
import { createS3ResetNotes } from '../../lambda/io/s3-reset-notes.ts';
import { readArchiveSettings } from '../mapping/archive-settings.ts';
import type { MappingClients } from '../mapping/clients.ts';
import type { GivenMapping } from '../mapping/find-mapping.ts';
import type { Mapping } from '../mapping/mappings.ts';
import { readStackOutputs } from '../stack-outputs.ts';
import type { PartitionPlan } from './plan.ts';

/** Returns the ranges that a plan skips, for the note by which the audit explains them. */
export function skippedRanges(plan: readonly PartitionPlan[]): readonly SkippedRange[] {
  return plan
    .filter(({ skipped }) => skipped > 0)
    .map(({ partition, skipped, target }) => ({
      partition,
      first: target - skipped,
      last: target - 1,
    }));
}

/** Where {@link findNotes} looks. */
export interface NotesAccess {
  readonly clients: MappingClients;
  readonly calls: CallOptions;
}

/**
 * Finds the notes about resets of an archive; undefined if the mapping is not that of a stack, or the stack has no
 * bucket for derived data, so that nothing audits it.
 *
 * @throws {ArchiverError} `LOAD_FAILED`, `INVALID_SETTINGS` or `STORE_ABORTED`
 */
export async function findNotes(
  given: GivenMapping,
  mapping: Mapping | undefined,
  { calls, clients }: NotesAccess,
): Promise<ResetNotes | undefined> {
  if (given.by !== 'stack' || mapping === undefined) return undefined;
  const stacks = { client: clients.cloudFormation, ...calls };
  const outputs = await readStackOutputs(given, stacks, '--mapping');
  const bucket = outputs.find(({ OutputKey }) => OutputKey === 'DerivedBucketName')?.OutputValue;
  if (bucket === undefined) return undefined;
  const { objectPrefix } = await readArchiveSettings(clients.lambda, mapping.functionArn, calls);
  return createS3ResetNotes(clients.s3, { bucket, objectPrefix });
}

/** The note about a reset that skips something. */
export function toNote(
  place: Pick<ResetNote, 'topic' | 'group'>,
  skipped: readonly SkippedRange[],
  now: number,
): ResetNote {
  return { format: 1, ...place, at: new Date(now).toISOString(), skipped };
}
