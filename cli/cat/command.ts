import { Buffer } from 'node:buffer';
import { Option } from '@commander-js/extra-typings';
import { checkTimes, runOnArchive, withArchive, withTimes } from '../archive/context.ts';
import { createCommand } from '../command.ts';
import type { Machine } from '../machine.ts';
import { named, wholeNumber } from '../options.ts';
import { UsageError } from '../usage-error.ts';
import { type CatSelection, cat } from './cat.ts';
import { createFormat, formats } from './formats.ts';

const MOST_PARTITIONS = 1_000_000;

/** Creates `cat`. */
export function createCatCommand(machine: Machine) {
  const command = createCommand(
    'cat',
    'Print the records of objects, or those of a partition in the order of their offsets, and nothing else.',
  );
  const offsets = { min: 0, max: Number.MAX_SAFE_INTEGER };
  const options = command
    .argument('[keys...]', 'keys of objects, as find prints them, instead of --topic')
    .addOption(named('--topic <name>', 'the topic; needs --partition'))
    .addOption(wholeNumber('--partition <n>', 'the partition', { min: 0, max: MOST_PARTITIONS }))
    .addOption(wholeNumber('--from-offset <n>', 'from this offset on', offsets))
    .addOption(wholeNumber('--to-offset <n>', 'up to this offset, inclusive', offsets));
  const more = withTimes(options, machine)
    .option('--all', 'print duplicates too')
    .addOption(
      new Option('--format <format>', 'how to print records; see below')
        .choices(formats)
        .default('lines' as const),
    )
    .option(
      '--delimiter <text>',
      'what follows each value with --format raw; \\n, \\r, \\t, \\0 and \\\\ are escapes, and it may be empty (default: \\n)',
    );
  return withArchive(more)
    .addHelpText('after', HELP)
    .action((keys, values) => {
      const { delimiter, format } = values;
      if (delimiter !== undefined && format !== 'raw') {
        throw new UsageError('--delimiter needs --format raw');
      }
      const selection = selectionOf(keys, values);
      const written = createFormat(format, Buffer.from(unescaped(delimiter ?? '\\n')));
      return runOnArchive({ machine, values }, (source) =>
        cat(selection, { ...machine, source, format: written }),
      );
    });
}

interface SelectionValues {
  readonly topic?: string | undefined;
  readonly partition?: number | undefined;
  readonly fromOffset?: number | undefined;
  readonly toOffset?: number | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly prefix?: string | undefined;
  readonly all?: true | undefined;
}

function selectionOf(keys: readonly string[], values: SelectionValues): CatSelection {
  const { all, from, fromOffset, partition, prefix, to, toOffset, topic } = values;
  if (keys.length > 0) {
    const given = { all, from, fromOffset, partition, prefix, to, toOffset, topic };
    if (Object.values(given).every((value) => value === undefined)) return { keys };
    throw new UsageError('Pass either keys, or --topic and what belongs to it');
  }
  if (topic === undefined || partition === undefined) {
    throw new UsageError('Pass keys, or --topic and --partition');
  }
  checkTimes({ from, to });
  const [firstOffset, lastOffset] = [fromOffset ?? 0, toOffset ?? Infinity];
  if (firstOffset > lastOffset) throw new UsageError('--from-offset must not be above --to-offset');
  const range = { from, to };
  return { topic, partition, firstOffset, lastOffset, range, prefix, all: all === true };
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', 0: '\0' };

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/gs, (_, letter: string) => escapes[letter] ?? letter);
}

const HELP = `
Formats:
  lines   the lines as they are stored
  jsonl   a JSON document on a line: topic, partition, offset, timestamp (ISO
          8601), timestampType, key, keyEncoding, headers (name, value, encoding),
          value, valueEncoding, metadata. A value is JSON (json), a string (utf8),
          the string of its base64 (base64), or null for a tombstone (null)
  raw     the exact bytes of each value, and a delimiter. Tombstones are left out,
          and counted on standard error
  csv     RFC 4180, with the columns of the lines; a tombstone has the
          value_encoding null

Of a partition, each record is printed once; records of another life of the topic
at the same offset are all printed. The keys of objects are printed as they are
stored. --from and --to are times of the records; --from-offset and --to-offset
are offsets. It exits with 1 if a partition has no such record.

Examples:
  kafka-archive cat --topic orders --partition 3 --from-offset 100 --to-offset 149
  kafka-archive cat --topic orders --partition 3 --from 2h --format csv
  kafka-archive cat --topic orders --partition 3 --format raw | head
  kafka-archive cat KEY --format jsonl | jq .value`;
