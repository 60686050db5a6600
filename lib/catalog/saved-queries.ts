/** A query to keep in the catalog's workgroup. */
export interface CatalogQuery {
  readonly name: string;
  readonly description: string;
  readonly sql: string;
}

const recent = `dt >= CAST(current_date - INTERVAL '1' DAY AS varchar)`;
const withUndated = `(${recent} OR dt = '1970-01-01')`;
const edit =
  '-- Yesterday and today, in UTC. Change the dates, and keep a filter on dt: without it, every folder is listed.';

/** Returns the saved queries over the views of the catalog, in the dialect of Athena. None has a parameter. */
export function catalogQueries(): readonly CatalogQuery[] {
  return [
    {
      name: 'duplicates',
      description:
        'Offsets of which more lines are stored than records: redelivered or backfilled batches.',
      sql: `${edit}
SELECT topic, dt, hour, "partition", "offset", sum(stored) AS lines, sum(kept) AS records
FROM (
  SELECT topic, dt, hour, "partition", "offset", 1 AS stored, 0 AS kept FROM archive_all
  WHERE ${withUndated} AND "offset" IS NOT NULL
  UNION ALL
  SELECT topic, dt, hour, "partition", "offset", 0, 1 FROM archive_once WHERE ${withUndated})
GROUP BY topic, dt, hour, "partition", "offset"
HAVING sum(stored) > sum(kept)
ORDER BY topic, "partition", "offset"`,
    },
    {
      name: 'conflicts',
      description: 'Offsets that several records have: the topic was deleted and created again.',
      sql: `${edit}
-- The lives of a topic can be far apart: include the dates of both.
SELECT topic, "partition", "offset", count(*) AS records, min(time) AS earliest, max(time) AS latest
FROM archive_once
WHERE ${withUndated}
GROUP BY topic, "partition", "offset"
HAVING count(*) > 1
ORDER BY topic, "partition", "offset"`,
    },
    {
      name: 'holes',
      description: 'Ranges of offsets without a record, between stored ones.',
      sql: `${edit}
-- Compacted and transactional topics have holes. A record of another date is one here, too.
SELECT topic, "partition", previous + 1 AS first_missing, "offset" - 1 AS last_missing, "offset" - previous - 1 AS missing
FROM (
  SELECT topic, "partition", "offset",
    lag("offset") OVER (PARTITION BY topic, "partition" ORDER BY "offset") AS previous,
    min(CASE WHEN dt <> '1970-01-01' THEN "offset" END) OVER (PARTITION BY topic, "partition") AS first_dated
  FROM archive_all
  WHERE ${withUndated})
WHERE "offset" > previous + 1 AND previous >= first_dated
ORDER BY topic, "partition", first_missing`,
    },
    {
      name: 'late-records',
      description:
        'Records whose timestamp is over an hour behind that of an earlier record in their partition.',
      sql: `${edit}
SELECT topic, "partition", "offset", time, date_diff('second', time, reached) AS seconds_behind, object
FROM (
  SELECT topic, "partition", "offset", time, object,
    max(time) OVER (PARTITION BY topic, "partition" ORDER BY "offset") AS reached
  FROM archive_all
  WHERE ${recent})
WHERE time < reached - INTERVAL '1' HOUR
ORDER BY topic, "partition", "offset"`,
    },
    {
      name: 'volume-by-hour',
      description: 'Lines, objects and bytes of values of each topic, by the hour of the records.',
      sql: `${edit}
SELECT topic, dt, hour, count(*) AS lines, count(DISTINCT object) AS objects, sum(length(to_utf8(value))) AS value_bytes
FROM archive_all
WHERE ${withUndated}
GROUP BY topic, dt, hour
ORDER BY topic, dt, hour`,
    },
    {
      name: 'find-by-key',
      description: 'Every line with a key, and the object that holds it.',
      sql: `${edit}
SELECT * FROM archive_all
WHERE ${withUndated} AND "key" = 'u-17'
ORDER BY topic, "partition", "offset"`,
    },
    {
      name: 'unmatched-lines',
      description:
        'Lines that the tables cannot cut into columns, by object. The archiver writes none.',
      sql: `${edit}
SELECT topic, dt, hour, object, count(*) AS lines
FROM archive_all
WHERE ${withUndated} AND "offset" IS NULL
GROUP BY topic, dt, hour, object
ORDER BY object`,
    },
  ];
}
