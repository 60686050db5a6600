import { Option } from '@commander-js/extra-typings';
import type { OffsetTarget } from '../../kafka/consumer-group.ts';
import { consent, yesOption } from '../ask.ts';
import { awsOptions } from '../aws-clients.ts';
import { createCommand } from '../command.ts';
import { withMskConnection } from '../connection-options.ts';
import type { Machine } from '../machine.ts';
import { readMskConnection } from '../mapping/connection.ts';
import type { GivenMapping } from '../mapping/find-mapping.ts';
import { httpUrl, named, time, uuid, wholeNumber } from '../options.ts';
import { archiveOption, DEFAULT_STACK, stackOption } from '../stack-outputs.ts';
import { UsageError } from '../usage-error.ts';
import { type OpenGroup, reset } from './reset.ts';

const TARGET = 'Target (exactly one):';
const GROUP = 'Consumer group:';

/** As the setting `hoursBack`. */
const hoursRange = { min: 1, max: 87_600 } as const;

/**
 * Creates `reset`.
 *
 * @param openGroup connects to the consumer group
 */
export function createResetCommand(machine: Machine, openGroup: OpenGroup = openOnBrokers) {
  const command = createCommand(
    'reset',
    "Move the consumer group of a topic's event source mapping to other offsets: back, to archive records again, or forward, to leave some out.",
  );
  return withMskConnection(
    command
      .addOption(named('--topic <name>', 'the topic (required)').makeOptionMandatory())
      .option('--dry-run', 'only show what would change')
      .addOption(yesOption)
      .option('--allow-skip', 'allow a target that skips records, which are then not archived')
      .option('--no-note', 'write no note of the skipped offsets for the audit')
      .option(
        '--enable',
        'enable the mapping at the end even if it was disabled, as after a reset that was stopped',
      )
      .option('--json', 'print one JSON document and nothing else, for programs')
      .addOption(
        wholeNumber(
          '--hours-back <n>',
          'the first record of each partition that is at most this many hours old',
          hoursRange,
        ).helpGroup(TARGET),
      )
      .addOption(
        time(
          '--to <time>',
          'the first record at or after an ISO 8601 time, such as 2026-11-24T09:00:00Z; the end of a partition that has none',
        ).helpGroup(TARGET),
      )
      .addOption(new Option('--to-earliest', 'the first existing record').helpGroup(TARGET))
      .addOption(new Option('--to-latest', 'the end').helpGroup(TARGET))
      .addOption(stackOption('whose mapping reads the topic').helpGroup(GROUP))
      .addOption(archiveOption().helpGroup(GROUP))
      .addOption(
        named(
          '--function <name>',
          'function that the mapping invokes, in place of --stack',
        ).helpGroup(GROUP),
      )
      .addOption(uuid('--mapping <uuid>', 'the mapping, in place of --stack').helpGroup(GROUP))
      .addOption(
        new Option('--no-mapping', 'no mapping reads with the group; needs --group').helpGroup(
          GROUP,
        ),
      )
      .addOption(
        named('--group <name>', "the consumer group (default: the mapping's)").helpGroup(GROUP),
      ),
  )
    .addOption(awsOptions.region)
    .addOption(awsOptions.profile)
    .addOption(httpUrl('--lambda-endpoint <url>', 'Lambda server to use in place of AWS'))
    .addOption(httpUrl('--s3-endpoint <url>', 'S3 server to use in place of AWS'))
    .addHelpText('after', HELP)
    .action((values) => {
      const { allowSkip = false, dryRun = false, enable = false, json = false, note } = values;
      const { group, lambdaEndpoint, profile, region, s3Endpoint, topic, yes } = values;
      const options = {
        ...{ allowSkip, dryRun, enable, group, json, note, topic },
        target: readTarget(values, machine.now()),
        mapping: readMapping(values),
        aws: { profile, region, lambdaEndpoint, s3Endpoint },
        connect: readMskConnection(values, machine),
        confirm: dryRun ? async () => false : consent({ ...machine, yes }),
      };
      return reset(options, machine, openGroup);
    });
}

/** The Kafka client takes half a second to load, which no other command should wait for. */
const openOnBrokers: OpenGroup = async (options) => {
  const { openConsumerGroup } = await import('../../kafka/consumer-group.ts');
  return openConsumerGroup(options);
};

const HELP = `
It shows the plan and asks. Then it disables the mapping, waits until the group
has no members, commits the offsets, reads them back, and enables the mapping
again. While the mapping is disabled, the topic is not archived. Ctrl-C reports
the state of the mapping and how to continue.

Before a reset skips offsets, it notes them in the archive's bucket for derived
data, if the stack has one, so that the audit does not report them as lost. If
that fails, no offset is changed. A note needs lambda:GetFunctionConfiguration
on the archive function, and s3:PutObject on the notes.

Without --tls and --sasl, it signs in with IAM if the brokers are MSK's
listeners for IAM (port 9098 or 9198), or if their address is not MSK's and the
mapping signs in with IAM; otherwise it connects in plain text. IAM needs
kafka-cluster:Connect on the cluster, kafka-cluster:DescribeTopic and
kafka-cluster:ReadData on the topic, and kafka-cluster:DescribeGroup and
kafka-cluster:AlterGroup on the group.

JSON: outcome (done, dry run, nothing, declined), topic, group, mapping (UUID
or null), target, and partitions: partition, begin, end, committed (or null),
target, again, skipped (numbers of offsets).

Examples:
  kafka-archive reset --topic orders --hours-back 3 --dry-run \\
    --brokers b-1.shop.example.amazonaws.com:9098
  kafka-archive reset --topic orders --to 2026-11-24T09:00:00Z \\
    --brokers b-1.example.com:9096 --tls --sasl SCRAM-SHA-512 --username ops
  kafka-archive reset --topic orders --no-mapping --group mine --to-earliest \\
    --brokers 127.0.0.1:9092`;

interface TargetValues {
  readonly hoursBack?: number | undefined;
  readonly to?: number | undefined;
  readonly toEarliest?: boolean | undefined;
  readonly toLatest?: boolean | undefined;
}

function readTarget(
  { hoursBack, to, toEarliest, toLatest }: TargetValues,
  now: number,
): OffsetTarget {
  const given = { 'hours-back': hoursBack, to, 'to-earliest': toEarliest, 'to-latest': toLatest };
  const names = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : name));
  if (names.length !== 1) {
    const got = names.map((name) => `--${name}`).join(' and ') || 'none';
    throw new UsageError(
      `exactly one of --hours-back, --to, --to-earliest and --to-latest is needed, got ${got}`,
    );
  }
  if (toEarliest) return 'earliest';
  if (toLatest) return 'latest';
  const timestamp = to ?? now - (hoursBack ?? 0) * 3_600_000;
  if (timestamp <= now) return { timestamp };
  throw new UsageError('--to must not be in the future; --to-latest selects the end of the log');
}

interface MappingValues {
  readonly stack?: string | undefined;
  readonly archive?: string | undefined;
  readonly function?: string | undefined;
  readonly mapping?: string | boolean | undefined;
  readonly group?: string | undefined;
  readonly enable?: boolean | undefined;
}

function readMapping(values: MappingValues): GivenMapping {
  const { archive, enable, function: target, group, mapping, stack } = values;
  const given = {
    '--stack': stack,
    '--function': target,
    [mapping === false ? '--no-mapping' : '--mapping']: mapping,
  };
  const [first, second] = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : name,
  );
  if (second !== undefined) throw new UsageError(`${first} and ${second} exclude each other`);
  if (mapping === false) {
    if (group === undefined) throw new UsageError('--no-mapping needs --group');
    if (enable) throw new UsageError('--enable does not apply to --no-mapping');
    return { by: 'none', group };
  }
  if (typeof mapping === 'string') return { by: 'uuid', name: mapping };
  if (target !== undefined) return { by: 'function', name: target };
  return { by: 'stack', stack: stack ?? DEFAULT_STACK, archive };
}
