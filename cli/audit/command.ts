import { Option } from '@commander-js/extra-typings';
import { auditRanges } from '../../lambda/contract.ts';
import type { BrokerRange } from '../../lambda/core/audit/broker.ts';
import { createCommand } from '../command.ts';
import type { Machine } from '../machine.ts';
import { type OpenBroker, openOnBrokers, runOnTopic, withTopic } from '../mapping/topic-context.ts';
import { named, repeated, wholeNumber } from '../options.ts';
import { UsageError } from '../usage-error.ts';
import { acknowledgeFindings, audit } from './audit.ts';

const CHANGES = 'Changes (each is a dry run without --yes):';

/**
 * Creates `audit`.
 *
 * @param openBroker connects to the brokers
 */
export function createAuditCommand(machine: Machine, openBroker: OpenBroker = openOnBrokers) {
  const command = createCommand(
    'audit',
    'Compare the archive of a topic with its brokers: every offset is stored, or explained, or reported.',
  );
  const options = command
    .option('--listing-only', 'do not ask the brokers: audit the listing of the archive alone')
    .option(
      '--full',
      'list the whole archive of the topic, even if only new folders are due: only that notices objects that were deleted',
    )
    .option(
      '--read-objects',
      'read every new object, or with --no-ledger every object, to find broken and missing lines',
    )
    .option('--no-ledger', 'ignore what earlier audits found, and save nothing')
    .addOption(
      wholeNumber(
        '--expiration-days <n>',
        "days after which S3 expires archived objects (default: the audit function's setting; without one, never)",
        { min: auditRanges.expirationDays.min, max: auditRanges.expirationDays.max },
      ),
    )
    .addOption(
      new Option(
        '--heal',
        'write what is lost and still at the brokers as failed batches, which the replay function archives',
      ).helpGroup(CHANGES),
    )
    .addOption(
      new Option(
        '--acknowledge <range>',
        'accept the loss of a range, such as 3:100-149, as the last audit reports it; may be repeated; needs --reason',
      )
        .argParser(repeated)
        .helpGroup(CHANGES),
    )
    .addOption(
      named('--reason <text>', 'why the loss is accepted; every report has it').helpGroup(CHANGES),
    )
    .addOption(new Option('--yes', 'make the change').helpGroup(CHANGES));
  return withTopic(options)
    .addHelpText('after', HELP)
    .action((values) => {
      const { acknowledge, heal = false, reason, yes = false } = values;
      const {
        expirationDays,
        full = false,
        ledger,
        listingOnly = false,
        readObjects = false,
      } = values;
      const run = { values, machine, openBroker };
      if ((acknowledge === undefined) !== (reason === undefined)) {
        throw new UsageError('--acknowledge and --reason need each other');
      }
      if (heal && acknowledge !== undefined) {
        throw new UsageError('--heal and --acknowledge exclude each other');
      }
      if (heal && listingOnly) throw new UsageError('--heal needs the brokers');
      if (acknowledge !== undefined && reason !== undefined) {
        const ranges = acknowledge.map((range) => parseRange(range));
        return runOnTopic(run, (context) => acknowledgeFindings({ ranges, reason, yes }, context));
      }
      if (yes && !heal) throw new UsageError('--yes needs --heal or --acknowledge');
      const given = { listingOnly, full, readObjects, ledger, expirationDays, heal, yes };
      return runOnTopic(run, (context) => audit(given, context));
    });
}

function parseRange(given: string): BrokerRange {
  const [, partition, first, last = first] =
    /^(\d{1,10}):(\d{1,16})(?:-(\d{1,16}))?$/.exec(given) ?? [];
  const range = { partition: Number(partition), first: Number(first), last: Number(last) };
  if (range.first <= range.last) return range;
  throw new UsageError('--acknowledge must be a partition and offsets, such as 3:100-149');
}

const HELP = `
Run it on a host that reaches the brokers. Without --brokers it uses those of
the stack's audit function. If there are none, or with --listing-only, it audits
the listing of the archive alone, and says so: that proves nothing about records
that never arrived.

Columns: FROM, the first offset that the archive answers for; THROUGH, the
offset below which all is proven: the lower one of the last stable offset and
the group's committed offset; BEHIND, offsets above it that are not due yet;
STORED offsets; DUPLICATES, offsets in more than one batch; HOLES by class.

Only the holes are read from the brokers. Nothing commits offsets or joins a
group. With the setting 'audit', what is found is kept in the archive's bucket
for derived data, so that the next audit looks at what is new.

JSON: verdict (proven, not proven, listed), topic, claim (audited, listed),
startedAt, isFullListing, objectsListed, objectsRead, hoursWritten (hour
records) and partitions: partition, from, through, lastStable, stored,
duplicates, holes (offsets by class) and findings: partition, first, last,
offsets, class, seenAt, evidence, isOnBroker, acknowledged (at, reason). With
--heal: healed (isDryRun, failedBatches: partition, first, last, records, bytes,
outcome, key; and tooLarge). With --acknowledge: topic, isDryRun, acknowledged
(findings).

It exits with 1 if offsets need an operator.

Examples:
  kafka-archive audit --topic orders
  kafka-archive audit --topic orders --heal
  kafka-archive audit --topic orders --heal --yes
  kafka-archive audit --topic orders --acknowledge 3:100-149 \\
    --reason 'deleted by retention during the outage' --yes`;
