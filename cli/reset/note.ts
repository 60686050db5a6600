import type { ResetNote, ResetNotes, ResetRange } from '../../lambda/core/audit/reset-note.ts';
import type { CallOptions } from '../../lambda/core/ports.ts';
import { createS3ResetNotes } from '../../lambda/io/s3-reset-notes.ts';
import { readArchiveSettings } from '../mapping/archive-settings.ts';
import type { MappingClients } from '../mapping/clients.ts';
import type { GivenMapping } from '../mapping/find-mapping.ts';
import type { Mapping } from '../mapping/mappings.ts';
import { readStackOutputs } from '../stack-outputs.ts';
import type { PartitionPlan } from './plan.ts';

/** What a plan skips and has read again, for the note by which the audit explains holes. */
export type MovedRanges = Pick<ResetNote, 'skipped' | 'again'>;

/** Returns what a plan skips and has read again; undefined if that is nothing. */
export function movedRanges(plan: readonly PartitionPlan[]): MovedRanges | undefined {
  const skipped = plan
    .filter((each) => each.skipped > 0)
    .map((each) => rangeOf(each, each.target - each.skipped, each.skipped));
  const again = plan
    .filter((each) => each.again > 0)
    .map((each) => rangeOf(each, each.target, each.again));
  if (again.length > 0) return { skipped, again };
  return skipped.length > 0 ? { skipped } : undefined;
}

function rangeOf({ partition }: PartitionPlan, first: number, offsets: number): ResetRange {
  return { partition, first, last: first + offsets - 1 };
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

/** The note about a reset. */
export function toNote(
  place: Pick<ResetNote, 'topic' | 'group'>,
  moved: MovedRanges,
  now: number,
): ResetNote {
  return { format: 1, ...place, at: new Date(now).toISOString(), ...moved };
}
