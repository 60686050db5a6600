import { checkTimes, runOnArchive, withArchive, withTimes } from '../archive/context.ts';
import { createCommand } from '../command.ts';
import type { Machine } from '../machine.ts';
import { list } from '../options.ts';
import { UsageError } from '../usage-error.ts';
import { listTopics, ls } from './ls.ts';

/** Creates `ls`. */
export function createLsCommand(machine: Machine) {
  const command = createCommand(
    'ls',
    'List what the archive holds: its topics, or with --topic the stored offsets of each partition, from the names of the objects alone.',
  );
  const options = command
    .addOption(list('--topic <names>', 'topics, separated by commas (default: list the topics)'))
    .option('--json', 'print one JSON document and nothing else, for programs');
  return withArchive(withTimes(options, machine))
    .addHelpText('after', HELP)
    .action((values) => {
      const { from, json = false, prefix, to, topic: topics } = values;
      checkTimes({ from, to });
      if (topics === undefined && (from ?? to) !== undefined) {
        throw new UsageError('--from and --to need --topic');
      }
      return runOnArchive({ machine, sizes: true, values }, async (source) => {
        const parts = { ...machine, source, prefix, json };
        if (topics === undefined) await listTopics(parts);
        else await ls({ topics, from, to }, parts);
      });
    });
}

const HELP = `
Columns: FIRST and LAST offset; OFFSETS stored, by batches of which every object
is listed; GAPS, offsets between batches; HOLES, offsets within batches for which
Kafka had no record (transactions, compaction); OVERLAPS, offsets in more than one
batch; INCOMPLETE batches, of which an object is missing; OBJECTS and BYTES, where
an object of several partitions counts for each. A listing cannot say why offsets
are missing.

--from and --to select hours by the records' own timestamps, in UTC, and always
include the records without a usable timestamp.

JSON: topics, each with topic, prefix, and with --topic: objects, bytes, unnamed
(objects and bytes without offsets in their names, as Firehose writes them), and
partitions: partition, first, last, ranges, gaps, holes, offsets (atLeast, atMost),
overlaps, conflicts, incomplete (first, last, missing, count), objects, bytes.

Examples:
  kafka-archive ls
  kafka-archive ls --topic orders,payments
  kafka-archive ls --topic orders --from 2026-11-23 --to 2026-11-24 --json
  kafka-archive ls --topic orders --local demo-out`;
