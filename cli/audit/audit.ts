import { auditTopic } from '../../lambda/audit-topic.ts';
import { auditRanges } from '../../lambda/contract.ts';
import type { AuditBroker, BrokerRange } from '../../lambda/core/audit/broker.ts';
import { type AuditReport, openFindings } from '../../lambda/core/audit/report.ts';
import { ArchiverError } from '../../lambda/core/errors.ts';
import type { ArchiveSource } from '../../lambda/core/object/archive-source.ts';
import { deliverableRecords, healableRanges } from '../../lambda/heal-lost.ts';
import { NotDone } from '../command.ts';
import { formatCounted } from '../counts.ts';
import type { TopicContext } from '../mapping/topic-context.ts';
import { UsageError } from '../usage-error.ts';
import { acknowledge, describe } from './acknowledge.ts';
import { type Healed, heal, healedLines, passes, registryLines } from './healing.ts';
import { reportLines, verdictOf } from './report-lines.ts';

/** What an audit is to do. */
export interface AuditOptions {
  /** Whether to audit the listing alone. */
  readonly listingOnly: boolean;
  /** Whether to list everything, even if only new folders are due. */
  readonly full: boolean;
  /** Whether to read every new object. */
  readonly readObjects: boolean;
  /** Whether to use the ledger, and to save it. */
  readonly ledger: boolean;
  /** Days after which S3 expires objects. @default - as the audit function knows */
  readonly expirationDays: number | undefined;
  /** Whether to write what is lost as failed batches. */
  readonly heal: boolean;
  /** Whether to write, and not only to show. */
  readonly yes: boolean;
}

/**
 * Audits a topic, heals what is lost if that is asked for, and prints the report.
 *
 * @throws {NotDone} if offsets need an operator; {@link ArchiverError}
 */
export async function audit(options: AuditOptions, context: TopicContext): Promise<void> {
  const { archiveFlags } = context;
  const broker = options.listingOnly ? undefined : await context.openBroker?.();
  if (options.heal && broker === undefined) throw new UsageError('--heal needs the brokers');
  const report = await auditTopic(
    {
      broker: broker && watchBroker(broker, context),
      archive: watchArchive(context),
      failedBatches: context.failedBatches,
      ...(context.derived ?? nothingKept),
      ...(!options.ledger && { ledgers: nothingKept.ledgers, hours: undefined }),
    },
    requestOf(options, context),
  );
  const healed =
    options.heal && broker !== undefined
      ? await healReport(report, { isDryRun: !options.yes, broker }, context)
      : undefined;
  context.answer({ verdict: verdictOf(report), ...report, ...(healed && { healed }) }, () => [
    ...reportLines(report, { archiveFlags, isHealing: healed !== undefined }),
    ...(healed === undefined
      ? []
      : ['', ...healedLines(healed, context), ...registryLines(context)]),
  ]);
  if (openFindings(report).length > 0) throw new NotDone();
}

/** Of an audit that knows and keeps nothing. */
const nothingKept = {
  ledgers: { load: async () => undefined, save: async () => true },
  resets: { load: async () => [] },
  hours: undefined,
} as const;

function requestOf(
  { expirationDays, full, readObjects }: AuditOptions,
  { audit: deployed, calls, mapping, now, settings, topic }: TopicContext,
): Parameters<typeof auditTopic>[1] {
  const { filters, group, start } = mapping;
  const { objectPrefix, timeFolder } = settings;
  return {
    ...{ topic, group, filters, start, objectPrefix, timeFolder, ...calls },
    startedAt: now(),
    listing: full ? 'full' : 'due',
    fullListingDays: deployed?.fullListingDays ?? auditRanges.fullListingDays.default,
    read: readObjects || deployed?.auditReadsObjects ? 'all' : 'as-needed',
    expirationDays: expirationDays ?? deployed?.expirationDays,
  };
}

/** Shows how far a listing is. */
function watchArchive({ archive, progress }: TopicContext): ArchiveSource {
  const counts = { listed: 0, read: 0 };
  const show = () =>
    progress(
      `${formatCounted(counts.listed, 'object')} listed, ${formatCounted(counts.read, 'object')} read`,
    );
  return {
    ...archive,
    async *listAll(prefix) {
      for await (const page of archive.listAll(prefix)) {
        counts.listed += page.length;
        show();
        yield page;
      }
    },
    async read(key) {
      counts.read += 1;
      show();
      return archive.read(key);
    },
  };
}

/** Shows where the brokers are read. */
function watchBroker(broker: AuditBroker, { progress }: TopicContext): AuditBroker {
  return {
    describe: (options) => broker.describe(options),
    offsetsAt: (timestamp, options) => broker.offsetsAt(timestamp, options),
    async *read(range, options) {
      for await (const batch of broker.read(range, options)) {
        progress(
          `reading holes from the brokers: partition ${range.partition}, offset ${batch.lastOffset}`,
        );
        yield batch;
      }
    },
  };
}

/** Writes what a report found lost as failed batches. */
async function healReport(
  report: AuditReport,
  { broker, isDryRun }: { readonly broker: AuditBroker; readonly isDryRun: boolean },
  context: TopicContext,
): Promise<Healed> {
  const matches = passes(context);
  const records = deliverableRecords({ broker, matches }, healableRanges(report), context.calls);
  return heal({ condition: 'AuditHeal', isDryRun, records }, context);
}

/** What to acknowledge. */
export interface AcknowledgeOptions {
  readonly ranges: readonly BrokerRange[];
  readonly reason: string;
  /** Whether to save it, and not only to show it. */
  readonly yes: boolean;
}

/**
 * Acknowledges findings of the last audit, or shows which ones.
 *
 * @throws {UsageError} as {@link acknowledge} does; {@link ArchiverError} `LOAD_FAILED` without a ledger
 */
export async function acknowledgeFindings(
  { ranges, reason, yes }: AcknowledgeOptions,
  { answer, calls, derived, now, topic }: TopicContext,
): Promise<void> {
  const stored = await derived?.ledgers.load(topic, calls);
  if (derived === undefined || stored === undefined) {
    throw new ArchiverError(
      'LOAD_FAILED',
      `no audit has kept what it found of '${topic}': acknowledging needs the setting 'audit', and an audit`,
    );
  }
  const at = new Date(now()).toISOString();
  const { findings, ledger } = acknowledge(stored.ledger, { ranges, reason, at });
  if (yes && !(await derived.ledgers.save(ledger, stored.version, calls))) {
    throw new ArchiverError('STORE_WRITE_FAILED', 'an audit has just ended: run the command again');
  }
  const done = yes ? 'Acknowledged' : 'Would acknowledge';
  answer({ topic, isDryRun: !yes, acknowledged: findings }, () => [
    ...findings.map(
      (finding) =>
        `${done} ${describe(finding)}: ${formatCounted(finding.offsets, 'offset')} ${finding.class}`,
    ),
    yes
      ? 'They stay in every report, and no longer raise an alarm after the next audit.'
      : 'Dry run: nothing was changed; --yes acknowledges.',
  ]);
}
