import { isTime } from '../../lambda/core/failed-batch/replay-command.ts';
import { checkTimes, runOnArchive, withArchive, withTimes } from '../archive/context.ts';
import type { TimeRange } from '../archive/list-objects.ts';
import { bytesOf } from '../archive/record-json.ts';
import { createCommand } from '../command.ts';
import type { Machine } from '../machine.ts';
import { named, repeated, wholeNumber } from '../options.ts';
import { UsageError } from '../usage-error.ts';
import type { Place } from './criteria.ts';
import { find } from './find.ts';
import { parseWhere } from './where.ts';

const MOST_PARTITIONS = 1_000_000;

/** Creates `find`. */
export function createFindCommand(machine: Machine) {
  const command = createCommand(
    'find',
    'Find records of a topic. It prints each as soon as it is found, with its object and the batch that stored it, and at the end on standard error how many objects it listed and read. All conditions that are given must hold.',
  );
  const options = command
    .addOption(named('--topic <name>', 'the topic').makeOptionMandatory())
    .option(
      '--offset <partition:offset>',
      'the record at this offset, such as 3:5000777; may be repeated, then any of them. It reads only objects whose names cover the offset: one, or one for each hour that the batch spans',
      repeated,
    )
    .option(
      '--time <time>',
      'records with this timestamp: ISO 8601, as precise as given (a day, a minute, a second or a millisecond), or epoch milliseconds',
    );
  const more = withTimes(options, machine)
    .option(
      '--key <key>',
      "records with this key: text, or bytes as base64:…. It looks first where Kafka's default partitioner puts the key, then in all partitions",
    )
    .option(
      '--header <name=value>',
      'records with this header; the value as for --key; may be repeated',
      repeated,
    )
    .option(
      '--where <condition>',
      "such as 'value.total > 100'; see below; may be repeated",
      repeated,
    )
    .addOption(
      wholeNumber(
        '--partitions <n>',
        'number of partitions of the topic, for --key (default: as many as the listing shows)',
        { min: 1, max: MOST_PARTITIONS },
      ),
    )
    .addOption(
      wholeNumber('--limit <n>', 'stop after this many records', { min: 1, max: 1_000_000_000 }),
    )
    .option(
      '--follow-duplicates',
      'show every copy of a record: duplicates, and conflicts, which are other records at the same offset. By default each record is shown once, and --offset stops at the first',
    )
    .option('--json', 'print a JSON document on a line for each record, for programs');
  return withArchive(more)
    .addHelpText('after', HELP)
    .action((values) => {
      const { followDuplicates = false, json = false, limit, partitions, prefix, topic } = values;
      const { header = [], key, offset = [], time, where = [] } = values;
      checkTimes(values);
      const range = time === undefined ? values : parseTime(time, values);
      const { from, to } = range;
      if ([from, to, key].every((each) => each === undefined)) {
        if (offset.length + header.length + where.length === 0) {
          throw new UsageError(
            'Pass at least one of --offset, --time, --from, --to, --key, --header and --where',
          );
        }
      }
      const criteria = {
        topic,
        places: offset.map(parsePlace),
        range: { from, to },
        key: key === undefined ? undefined : parseBytes(key, '--key'),
        headers: header.map(parseHeader),
        conditions: where.map(parseWhere),
      };
      const search = { criteria, followDuplicates, limit, partitions, prefix };
      return runOnArchive({ machine, values }, (source) =>
        find(search, { ...machine, source, json }),
      );
    });
}

function parsePlace(given: string): Place {
  const [, partition, offset] = /^(\d{1,10}):(\d{1,16})$/.exec(given) ?? [];
  if (offset === undefined) {
    throw new UsageError('--offset must be a partition and an offset, such as 3:5000777');
  }
  return { partition: Number(partition), offset: Number(offset) };
}

/** Days, minutes, seconds and milliseconds, by the number of characters before the zone. */
const precisions: Readonly<Record<number, number>> = { 10: 86_400_000, 16: 60_000, 19: 1_000 };

function parseTime(given: string, { from, to }: TimeRange): TimeRange {
  if (from !== undefined || to !== undefined) {
    throw new UsageError('--time excludes --from and --to');
  }
  const isNumber = /^\d{1,15}$/.test(given);
  if (!isNumber && !isTime(given)) {
    throw new UsageError(
      '--time must be an ISO 8601 time such as 2026-11-24T09:00:00Z, or epoch milliseconds',
    );
  }
  const start = isNumber ? Number(given) : Date.parse(given);
  const digits = given.replace(/(Z|[+-]\d\d:\d\d)$/, '').length;
  return { from: start, to: start + (isNumber ? 1 : (precisions[digits] ?? 1)) };
}

function parseHeader(given: string) {
  const equals = given.indexOf('=');
  if (equals < 1)
    throw new UsageError('--header must be a name and a value, such as trace-id=9f2c');
  return { name: given.slice(0, equals), value: parseBytes(given.slice(equals + 1), '--header') };
}

/** @throws {UsageError} which does not quote the bytes */
function parseBytes(given: string, flag: string): Buffer {
  const bytes = bytesOf(given);
  if (bytes !== undefined) return bytes;
  throw new UsageError(`${flag}: base64: must be followed by base64 with padding`);
}

const HELP = `
Conditions: a path, an operator, and a literal.
  path      value, key, headers or metadata, then .name, ."any name" or [0]:
            value.items[0].sku, headers.trace-id, metadata.env, key
  operator  = != < <= > >= exists (without a literal)
  literal   100, 12.5, "text", 'text', true, false, null
A field that is missing or has another type than the literal meets no condition,
not even !=. Of several headers with one name, one must meet it. Integers compare
exactly. 'value = null' also finds tombstones.

Duplicates are recognised among the last 64 MiB of found records.

With delivery: firehose the names of objects have no offsets: --offset then reads
every object, and says so.

The plain output is for people, on one line a field; --json is exact: the fields
of 'kafka-archive cat --format jsonl', and object, versionId (null if unknown),
batch (requestId, functionVersion, storedAt, and of a replay failedBatch and
failedBatchCondition; null if unknown), and copy (first, duplicate, conflict).

It exits with 1 if it finds nothing.

Examples:
  kafka-archive find --topic orders --offset 3:5000777
  kafka-archive find --topic orders --key customer-17 --from 2d
  kafka-archive find --topic orders --header trace-id=9f2c --limit 1
  kafka-archive find --topic orders --where 'value.total > 100' --json | jq .offset`;
