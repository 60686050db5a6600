-- The archive's tables for DuckDB: the same rows and columns as the views of the catalog, over files or objects.
--
--   from archive('demo-out/archive/**/*.jsonl*') select topic, count(*) group by all;
--   from archive('s3://BUCKET/shop/topic=orders/dt=2026-11-23/**/*.jsonl*');    -- after: install httpfs; load httpfs;
--
-- `files` is a path, a pattern or a list of them. A filter on topic, dt or hour leaves out the files of other folders.

-- Every line, cut into text at the marks around its fields; NULL in every column where a line is no record.
create or replace macro archive_lines(files) as table
select nullif(cut.topic_name, '') as topic_name, nullif(cut."partition", '') as "partition",
  nullif(cut."offset", '') as "offset", nullif(cut."timestamp", '') as "timestamp",
  nullif(cut.timestamp_type, '') as timestamp_type, nullif(cut."key", '') as "key",
  nullif(cut.key_encoding, '') as key_encoding, nullif(cut.headers, '') as headers, nullif(cut."value", '') as "value",
  nullif(cut.value_encoding, '') as value_encoding, nullif(cut.value_line_break, '') as value_line_break,
  nullif(cut.metadata, '') as metadata, object
from (
  select filename as object, regexp_extract(line,
    '^\{"topic":"([^"]*)","partition":(\d+),"offset":(\d+),"timestamp":(-?\d+|null),"timestamp_type":(null|"[^"]*"),"key":(null|".*?"),"key_encoding":"([a-z0-9]+)","headers":(\[.*?\]),"value":(.*),"value_encoding":"([a-z0-9]+)"(?:,"value_line_break":"(lf|crlf)")?,"metadata":(\{.*\})\}$',
    ['topic_name', 'partition', 'offset', 'timestamp', 'timestamp_type', 'key', 'key_encoding', 'headers', 'value', 'value_encoding', 'value_line_break', 'metadata'],
    's') as cut
  from read_csv(files, columns = {line: 'varchar'}, header = false, delim = '', quote = '', escape = '',
    auto_detect = false, max_line_size = 20000000, strict_mode = false, filename = true, hive_partitioning = false));

-- Every line, typed and decoded, with what its folder and its time say about topic, dt and hour.
create or replace macro archive_placed(files) as table
from (
  from archive_lines(files)
  select *, try_cast("timestamp" as bigint) as milliseconds,
    case when milliseconds between 946684800000 and 253402300799999 then epoch_ms(milliseconds) end as "time",
    regexp_extract(object, 'topic=([^/]+)/dt=([^/]+)/(?:hour=([^/]+)/)?[^/]*$', ['topic', 'dt', 'hour']) as folder)
select topic_name, "partition"::integer as "partition", "offset"::bigint as "offset", "time",
  milliseconds as "timestamp", json_extract_string(timestamp_type, '$') as timestamp_type,
  json_extract_string("key", '$') as "key", key_encoding,
  from_json(headers, '[{"name": "VARCHAR", "value": "VARCHAR", "encoding": "VARCHAR"}]') as headers,
  case
    when value_encoding <> 'json' then json_extract_string("value", '$')
    when value_line_break = 'lf' then replace("value", chr(9), chr(10))
    when value_line_break = 'crlf' then replace("value", chr(9), chr(13) || chr(10))
    else "value"
  end as "value",
  value_encoding, metadata, object,
  folder,
  replace(folder.dt, 'invalid', '1970-01-01') as dt_of_folder,
  coalesce(strftime("time", '%Y-%m-%d'), '1970-01-01') as dt_of_time,
  coalesce(strftime("time", '%H'), '00') as hour_of_time;

-- Every line, typed and decoded. `time` is UTC, and NULL outside the years 2000 to 9999. `value` is the text of the
-- value, or its base64 where value_encoding is 'base64'; NULL is a tombstone. The forms of folders are apart, because a
-- filter leaves out files only where a column depends on nothing but their names.
create or replace macro archive_all(files) as table
select topic, "partition", "offset", "time", "timestamp", timestamp_type, "key", key_encoding, headers, "value",
  value_encoding, metadata, dt, hour, object
from (
  from archive_placed(files) select *, folder.topic as topic, dt_of_folder as dt, folder.hour as hour
  where folder.hour <> ''
  union all
  from archive_placed(files) select *, folder.topic as topic, dt_of_folder as dt, hour_of_time as hour
  where folder.dt <> '' and folder.hour = ''
  union all
  from archive_placed(files) select *, topic_name as topic, dt_of_time as dt, hour_of_time as hour
  where folder.dt = '');

-- Each record once, without the lines that are no records. Two lines are the same record if topic, partition, offset,
-- timestamp and the bytes of key and value agree. A value that format 1 embedded, with a space for each line break between
-- tokens, is also the same as the value that has the breaks.
create or replace macro archive_once(files) as table
with digested as (
  from archive_all(files)
  select *,
    sha256(case key_encoding when 'base64' then from_base64("key") else encode("key") end) as key_digest,
    sha256(case value_encoding when 'base64' then from_base64("value") else encode("value") end) as value_digest,
    case value_encoding when 'base64' then try(decode(from_base64("value"))) else "value" end as decoded,
    contains(decoded, chr(10)) or contains(decoded, chr(13)) as has_breaks
  where "offset" is not null),
compared as (
  from digested
  select *,
    value_encoding = 'json' and not has_breaks as is_plain,
    regexp_matches(object, '-\d{20}-\d{20}[^/]*$') as is_format_1,
    case when has_breaks and (value_encoding = 'json' or json_valid(decoded))
      then sha256(encode(replace(replace(decoded, chr(13), ' '), chr(10), ' ')))
      else value_digest end as as_format_1),
ordered as (
  from compared
  select *, row_number() over same as place, lag(value_digest) over same as previous
  window same as (
    partition by topic, dt, hour, "partition", "offset", "timestamp", key_encoding = 'invalid', key_digest,
      value_encoding = 'invalid', as_format_1
    order by is_plain, value_digest, is_format_1, object desc))
from ordered
select topic, "partition", "offset", "time", "timestamp", timestamp_type, "key", key_encoding, headers, "value",
  value_encoding, metadata, dt, hour, object
where place = 1 or (not is_plain and value_digest is distinct from previous);

-- What to query: each record once.
create or replace macro archive(files) as table from archive_once(files);
