/**
 * The columns that {@link LINE_PATTERN} cuts a record line into, in the order of its groups; all are text. `topic_name`
 * is the line's `topic`, because the partition column of the tables has that name.
 */
export const LINE_COLUMNS = [
  'topic_name',
  'partition',
  'offset',
  'timestamp',
  'timestamp_type',
  'key',
  'key_encoding',
  'headers',
  'value',
  'value_encoding',
  'value_line_break',
  'metadata',
] as const;

const groups: Readonly<Record<(typeof LINE_COLUMNS)[number], string>> = {
  topic_name: '"topic":"([^"]*)"',
  partition: ',"partition":(\\d+)',
  offset: ',"offset":(\\d+)',
  timestamp: ',"timestamp":(-?\\d+|null)',
  timestamp_type: ',"timestamp_type":(null|"[^"]*")',
  key: ',"key":(null|".*?")',
  key_encoding: ',"key_encoding":"([a-z0-9]+)"',
  headers: ',"headers":(\\[.*?\\])',
  value: ',"value":(.*)',
  value_encoding: ',"value_encoding":"([a-z0-9]+)"',
  value_line_break: '(?:,"value_line_break":"(lf|crlf)")?',
  metadata: ',"metadata":(\\{.*\\})',
};

/**
 * The regular expression that cuts a record line of format 1 or 2 into {@link LINE_COLUMNS}, at marks that no string of
 * a line contains. It needs a dot that matches every character, as in Hive's `RegexSerDe`, because a value may contain
 * U+0085, U+2028 and U+2029. Java and RE2 both accept it, so it has no possessive quantifiers.
 */
export const LINE_PATTERN = `^\\{${LINE_COLUMNS.map((name) => groups[name]).join('')}\\}$`;
