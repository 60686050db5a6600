import { checkTimes, runOnArchive, withTimes } from '../archive/context.ts';
import { awsOptions } from '../aws-clients.ts';
import { createCommand } from '../command.ts';
import type { Machine } from '../machine.ts';
import { httpUrl, named } from '../options.ts';
import { archiveOption, stackOption } from '../stack-outputs.ts';
import { showHours } from './hours.ts';

const GROUP = "The hour records (default: read from the stack's outputs):";
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Creates `hours`. */
export function createHoursCommand(machine: Machine) {
  const command = createCommand(
    'hours',
    'Show the hour records of a topic: what the audits have proven about each hour, and whether records may still come.',
  );
  const options = command
    .addOption(named('--topic <name>', 'the topic').makeOptionMandatory())
    .option(
      '--complete',
      'end with exit code 3 unless every hour of the range is settled or closed, so that a script can wait for it',
    )
    .option('--json', 'print one JSON document and nothing else, for programs');
  return withTimes(options, machine)
    .addOption(stackOption('of the archive').helpGroup(GROUP))
    .addOption(archiveOption().helpGroup(GROUP))
    .addOption(
      named('--derived-bucket <name>', "bucket for derived data, in place of the stack's")
        .conflicts(['stack', 'archive'])
        .helpGroup(GROUP),
    )
    .addOption(
      named(
        '--prefix <prefix>',
        'the setting objectPrefix, if several archives share the bucket (default: the only one with the topic)',
      ).helpGroup(GROUP),
    )
    .addOption(
      named('--local <folder>', "read a folder in place of a bucket: a copy by 'aws s3 sync'")
        .conflicts(['stack', 'archive', 'derivedBucket', 's3Endpoint', 'region', 'profile'])
        .helpGroup(GROUP),
    )
    .addOption(awsOptions.region)
    .addOption(awsOptions.profile)
    .addOption(
      httpUrl(
        '--s3-endpoint <url>',
        'S3 server to use in place of AWS (on this machine it needs no credentials)',
      ),
    )
    .addHelpText('after', HELP)
    .action((values) => {
      const { complete = false, derivedBucket, json = false, prefix, topic } = values;
      const now = machine.now();
      const { to = now - (now % HOUR_MS) } = values;
      const { from = to - DAY_MS } = values;
      checkTimes({ from, to });
      const run = {
        machine,
        values: { ...values, bucket: derivedBucket },
        from: { output: 'DerivedBucketName', flag: 'derived-bucket' },
      };
      return runOnArchive(run, (source) =>
        showHours({ complete, from, prefix, to, topic }, { ...machine, json, source }),
      );
    });
}

const HELP = `
--from and --to select the hours that they overlap, in UTC. Without --to, the
last one is the latest hour that is over; without --from, the first one is 24
hours before it. With timeFolder day, a record is about a day, named "all".

Columns: DT and HOUR; GENERATION, one more each time that the record changed;
CLAIM, audited (compared with the brokers) or listed (the listing alone); STATE:

  closed    no record of the hour can come any more
  settled   all that the brokers had at the end of the hour is archived or
            explained; producers that are late can still add records
  open      records may be missing; the lines below the table say why
  missing   no audit has looked at the hour: it is not over, it is older than
            the first record of the topic, or the audit is behind

RECORDS, distinct offsets; DOUBLES, lines whose offset another object has too;
HOLES that may belong to the hour and have a finding, by class; LATE, records
that came after the first generation.

JSON: topic, prefix, hours (the records as they are stored) and missing
(dt, hour).

Examples:
  kafka-archive hours --topic orders
  kafka-archive hours --topic orders --from 2026-11-23 --to 2026-11-24 --json
  kafka-archive hours --topic orders --from 3h --complete`;
