/** What `help` prints. */
export const replayHelp = `What became of batches that failed, and their way back: each is an entry of the failed-batch
bucket until it is replayed, which the replay function does by itself from its queue. What it
cannot replay is a dead letter, and waits for you.

Usage: npm run replay -- COMMAND [options]
       kafka-archive-replay COMMAND [options]

Commands
  status               failed batches that are not replayed: topic, partition, offsets, age, condition,
                       state (waiting, or dead and why), key
    --all              those that are replayed too
  redrive              send the dead letters back to the replay queue; follows a task that runs already
    --max-per-second N messages in a second, 1 to 500 (default: as many as SQS sees fit)
  run                  put failed batches of the bucket on the replay queue, whatever became of their
                       messages; those that were replayed are left out
    --prefix TEXT      only those whose keys begin so
    --since TIME       only those that failed then or later: ISO 8601 such as 2026-11-24T09:00:00Z, or
                       so long ago, such as 30m, 2h, 7d
    --until TIME       only those that failed before then
    --topic NAME       only those with records of this topic
    --force            those that were replayed too: their objects are found stored, and stay
    --dry-run          only list them
  show KEY             what is in one failed batch: offsets, why it failed, whether it was replayed
    --records          nothing but its records, one a line, as the archive has them: this alone shows
                       keys, headers and values
  dismiss KEY          take a failed batch for done that no replay can help: its records are stored
                       otherwise, or not wanted. It is marked as replayed by hand, so that it expires,
                       and its dead letters are deleted
  help                 this text, as --help

Where (by default the outputs of a stack, which are only read)
  --stack NAME         the CloudFormation stack (default KafkaArchive)
  --bucket NAME        the failed-batch bucket, in place of the stack's
  --queue URL          the replay queue
  --dead-letter-queue URL
                       its dead-letter queue
  --region NAME        of AWS (default: AWS_REGION, or the profile's)
  --profile NAME       credentials, as AWS_PROFILE
  --s3-endpoint URL    an S3 server of your own, such as that of 'npm run demo -- --keep'
  --sqs-endpoint URL   an SQS server of your own; where one is on this machine, and the environment
                       names no credentials, any are used

How
  --json               for programs: one JSON document, and nothing else, on standard output
                       (with npm, 'npm run --silent replay')
  --yes                do not ask before redrive, run and dismiss change anything

Exit code: 0 when it is done, 1 when it could not be done or you said no, 2 for a wrong command line,
130 after Ctrl-C.
`;
