import { connectionHelp } from '../connection-flags.ts';

/** What `--help` prints. */
export const resetHelp = `Moves the consumer group of a topic's event source mapping to other offsets: back, to archive
records again, or on, to leave some out. It shows what that means and asks; then it disables the
mapping, waits until the group is empty, commits the offsets, reads them back, and enables the
mapping again.

Usage: npm run reset -- --topic NAME (--hours-back N | --to TIME | --to-earliest | --to-latest) [options]

Where to
  --hours-back N       the first record of each partition that is N hours old or less, 1 to 87600
  --to TIME            the first record at or after an ISO 8601 time such as 2026-11-24T09:00:00Z;
                       a partition without one goes to its end
  --to-earliest        the first record that is there
  --to-latest          the end
  --allow-skip         even where that skips records, which are then not archived

Which group
  --topic NAME         the topic
  --stack NAME         the CloudFormation stack whose mapping reads it (default KafkaArchive)
  --function NAME      in its place, the function that the mapping invokes
  --mapping UUID       in its place, the mapping
  --no-mapping         the group is not a mapping's, such as that of 'npm run emulate'; needs --group
  --group NAME         the consumer group (default: the mapping's)
  --region NAME        of AWS (default: AWS_REGION, or the profile's)
  --profile NAME       credentials, as AWS_PROFILE
  --lambda-endpoint URL
                       in place of AWS's own

Brokers
${connectionHelp}

  MSK's IAM authentication is not spoken here: give a listener with SASL/SCRAM, or --print-commands.

How
  --dry-run            only show what it means
  --yes                do not ask
  --enable             enable the mapping in the end even where it was disabled in the beginning, as
                       after a reset that was stopped
  --print-commands     print the commands of the AWS CLI and of Kafka's own tools that do it, and do
                       nothing; asks no broker. With IAM, unless other flags say how to connect
                       (--sasl AWS_MSK_IAM says so too)
  --json               for programs: one JSON document, and nothing else, on standard output
                       (with npm, 'npm run --silent reset')
  --help               this text

Exit code: 0 when it is done, 1 when it could not be done or you said no, 2 for a wrong command line or
brokers that cannot be reached, 130 after Ctrl-C, which says in which state it leaves things, and how
to go on.
`;
