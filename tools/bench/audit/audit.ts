import type { Ledger, PartitionLedger } from '../../../lambda/core/audit/ledger.ts';
import { ledgerJson, parseLedger } from '../../../lambda/core/audit/ledger-json.ts';
import { listingScope } from '../../../lambda/core/audit/listing-scope.ts';
import {
  changedSegments,
  extend,
  holesOf,
  type JudgedRange,
  listedSegment,
  relist,
  throughOf,
} from '../../../lambda/core/audit/segments.ts';
import { Coverage, isDense } from '../../../lambda/core/object/coverage.ts';
import { parseObjectKey } from '../../../lambda/core/object/parse-object-key.ts';
import { type ArchiveShape, type SimulatedArchive, TOPIC } from './archive.ts';

/** What an audit needed and found. */
export interface AuditFigures {
  readonly name: string;
  readonly keys: number;
  readonly pages: number;
  /** Bodies that were read. */
  readonly bodies: number;
  /** Of computing the listing, too. */
  readonly cpuSeconds: number;
  /** Of the process so far. */
  readonly peakMiB: number;
  readonly ledgerBytes: number;
  /** Offsets judged, and those of them that are holes. */
  readonly offsets: number;
  readonly holes: number;
  readonly lost: number;
}

/** An audit with everything but brokers and requests: what it lists, judges and saves. */
export async function audit(
  name: string,
  archive: SimulatedArchive,
  { partitions }: ArchiveShape,
  last: string | undefined,
  fullListingDays = 7,
): Promise<AuditFigures & { readonly json: string }> {
  const started = process.cpuUsage();
  const before = { keys: archive.keys, pages: archive.pages };
  const ledger = last === undefined ? undefined : parseLedger(last, 'ledger.json');
  const { isFull, prefixes } = listingScope(ledger, {
    ...{ objectPrefix: '', topic: TOPIC, timeFolder: 'hour', now: archive.now },
    ...{ fullListingDays, marginHours: 6 },
  });
  const known = ledger?.partitions ?? [];
  const from = Array.from({ length: partitions }, (_, partition) =>
    throughOf(known[partition] ?? emptyLedger(partition)),
  );
  const coverage = new Coverage(
    (run) => !isDense(run) && run.last >= (from[run.partition] as number),
  );
  for (const prefix of prefixes) {
    for await (const page of archive.listAll(prefix)) {
      for (const { bytes, key } of page) {
        const object = parseObjectKey(key);
        if (object !== undefined) coverage.add(object, bytes, key);
      }
    }
  }
  const stored = new Float64Array(partitions);
  const marks = new Float64Array(partitions);
  const bodies = coverage.unread();
  for (const key of bodies) {
    const runs = parseObjectKey(key)?.runs ?? [];
    const body = new Map(runs.map((run) => [run.partition, archive.offsetsOf(run)]));
    for (const run of coverage.read(key, body)) {
      const { size } = run.offsets;
      stored[run.partition] = (stored[run.partition] as number) + size;
      marks[run.partition] = (marks[run.partition] as number) + run.last - run.first + 1 - size;
    }
  }
  const through = archive.end;
  const judged = Array.from({ length: partitions }, (_, partition): PartitionLedger => {
    const offsets = coverage.partition(partition);
    let own: PartitionLedger = known[partition] ?? emptyLedger(partition);
    const seenAt = new Date(archive.now).toISOString();
    for (const segment of isFull ? changedSegments(own, offsets) : []) {
      const listed = listedSegment(segment, offsets);
      if (listed === undefined) throw new TypeError('keys of the archive say what is stored');
      own = relist(own, segment, { ...listed, found: [], seenAt, missing: 'lost' });
    }
    const range = { first: from[partition] as number, last: through - 1 };
    if (range.last < range.first) return own;
    let holes = marks[partition] as number;
    for (const { first, last } of offsets.holesIn(range)) holes += last - first + 1;
    const next: JudgedRange = {
      ...{ ...range, ...offsets.evidenceIn(range), findings: [], longestHole: 1 },
      stored: (stored[partition] as number) + offsets.countIn(range),
      holes: holes === 0 ? {} : { 'transaction-mark': holes },
    };
    return extend(own, [next]);
  });
  const auditedAt = new Date(archive.now).toISOString();
  const next: Ledger = {
    ...{ format: 1, topic: TOPIC, topicId: undefined, auditedAt, partitions: judged },
    fullyListedAt: isFull ? auditedAt : ledger?.fullyListedAt,
  };
  const json = ledgerJson(next);
  const tallies = judged.map(holesOf);
  const all = tallies.flatMap((tally) => Object.values(tally));
  const used = process.cpuUsage(started);
  return {
    ...{ name, json, keys: archive.keys - before.keys, pages: archive.pages - before.pages },
    bodies: bodies.length,
    cpuSeconds: (used.user + used.system) / 1e6,
    peakMiB: process.resourceUsage().maxRSS / 1024,
    ledgerBytes: json.length,
    offsets: judged.reduce((sum, each) => sum + throughOf(each), 0),
    holes: all.reduce((sum, count) => sum + count, 0),
    lost: tallies.reduce((sum, { lost = 0 }) => sum + lost, 0),
  };
}

function emptyLedger(partition: number): PartitionLedger {
  return { partition, from: 0, segments: [], findings: [], logStart: 0 };
}
