import { createAuditCommand } from './audit/command.ts';
import { createBackfillCommand } from './backfill/command.ts';
import { createCatCommand } from './cat/command.ts';
import { createCommand } from './command.ts';
import { createFetchCommand } from './fetch/command.ts';
import { createFindCommand } from './find/command.ts';
import { createHoursCommand } from './hours/command.ts';
import { createLsCommand } from './ls/command.ts';
import type { Machine } from './machine.ts';
import type { OpenBroker } from './mapping/topic-context.ts';
import { readPackageFile } from './package-file.ts';
import { createReplayCommand } from './replay/command.ts';
import { createResetCommand } from './reset/command.ts';
import type { OpenGroup } from './reset/reset.ts';
import { createSqlCommand } from './sql/command.ts';
import { createStatusCommand } from './status/command.ts';

/** Parts of the commands that a test replaces. */
export interface ArchiveParts {
  /** @default - connects to the brokers */
  readonly openGroup?: OpenGroup;
  /** @default - connects to the brokers */
  readonly openBroker?: OpenBroker;
  /** Seconds to wait for messages of the dead-letter queue. @default 1 */
  readonly waitSeconds?: number;
}

/** Creates the operator's command line, `kafka-archive`, with a folder for each command. */
export function createArchiveCommand(
  machine: Machine,
  { openBroker, openGroup, waitSeconds }: ArchiveParts = {},
) {
  return createCommand('kafka-archive', 'Operate an archive of Kafka topics in Amazon S3.')
    .version(readVersion(), '--version', 'print the version')
    .addHelpText('after', HELP)
    .addCommand(createLsCommand(machine))
    .addCommand(createFindCommand(machine))
    .addCommand(createCatCommand(machine))
    .addCommand(createHoursCommand(machine))
    .addCommand(createStatusCommand(machine, waitSeconds))
    .addCommand(createReplayCommand(machine, waitSeconds))
    .addCommand(createResetCommand(machine, openGroup))
    .addCommand(createAuditCommand(machine, openBroker))
    .addCommand(createBackfillCommand(machine, openBroker))
    .addCommand(createFetchCommand(machine, openBroker))
    .addCommand(createSqlCommand(machine));
}

const HELP = `
Environment variables:
  AWS_REGION, AWS_PROFILE, …   region and credentials, as for the AWS CLI
  KAFKA_BOOTSTRAP_SERVERS      default of --brokers
  KAFKA_PASSWORD               password for --sasl

Exit codes:
  0     done
  1     it failed, you declined, find found nothing, or audit found something
  2     the command line is wrong
  3     the answer is no: hours --complete
  130   stopped by Ctrl-C (143: by SIGTERM)

Examples:
  kafka-archive status
  kafka-archive audit --topic orders
  kafka-archive replay run --since 2h --topic orders --dry-run
  kafka-archive replay run --help
  kafka-archive sql "select topic, count(*) from archive group by all" --from 2h`;

function readVersion(): string {
  const { version } = JSON.parse(readPackageFile('package.json')) as { readonly version: string };
  return version;
}
