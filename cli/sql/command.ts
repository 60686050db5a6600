import { Option } from '@commander-js/extra-typings';
import { checkTimes, runOnArchive, withArchive, withTimes } from '../archive/context.ts';
import { createCommand } from '../command.ts';
import type { Machine } from '../machine.ts';
import { list, wholeNumber } from '../options.ts';
import { outputFormats } from './output.ts';
import { queryArchive } from './query.ts';

const GIB = 1024 ** 3;

/** Creates `sql`. */
export function createSqlCommand(machine: Machine) {
  const command = createCommand(
    'sql',
    'Query the archive with DuckDB on this machine: the objects of a folder, or those of a bucket, which it downloads into a temporary folder first.',
  )
    .argument('<query>', 'one SELECT in the dialect of DuckDB')
    .addOption(list('--topic <list>', 'topics to read, separated by commas (default: all)'))
    .addOption(
      new Option('--format <name>', 'form of the answer')
        .choices(outputFormats)
        .default('table' as const),
    )
    .addOption(
      wholeNumber('--max-bytes <n>', 'most bytes of objects to download', {
        ...{ min: 1, max: 1024 * GIB, default: GIB },
      }),
    )
    .option(
      '--accept-damaged',
      'query damaged objects as far as they go, and name them on standard error',
    );
  return withArchive(withTimes(command, machine))
    .addHelpText('after', HELP)
    .action(async (sql, values) => {
      checkTimes(values);
      const { acceptDamaged: acceptsDamaged = false, format, from, local, maxBytes } = values;
      const { prefix, to, topic: topics } = values;
      const selection = { from, prefix, to, topics };
      await runOnArchive({ machine, sizes: local === undefined, values }, (source) =>
        queryArchive({
          ...{ acceptsDamaged, format, local, machine, maxBytes, selection, source, sql },
        }),
      );
    });
}

const HELP = `
--from and --to choose the folders to read, not the rows. Rows outside them may
be among the answer, as records of a folder are those of a whole hour or day.

Tables, as in the catalog of a deployed archive:
  archive        each record once: topic, partition, offset, time, timestamp,
                 timestamp_type, key, key_encoding, headers, value,
                 value_encoding, metadata, dt, hour, object
  archive_once   the same
  archive_all    every line, with duplicates
  archive_lines  every line, cut into text
  a view for each topic: 'My.Topic' is my_topic; archive without the column topic

Before the query every object is read to its end, because DuckDB reads one that
ends early as far as it goes, without an error. A damaged object fails the command,
unless --accept-damaged is passed. Lines that are no records are counted.

The query can read nothing else: no other files, no network. --format table shows
the first 1,000 rows and shortens long values; the others print everything.

Examples:
  kafka-archive sql "select topic, count(*) from archive group by all" --from 2h
  kafka-archive sql --local demo-out "select value->>'$.id' as id, time from earthquakes limit 3"
  kafka-archive sql --topic orders --from 2026-11-23 --to 2026-11-24 --format csv "from orders" > orders.csv`;
