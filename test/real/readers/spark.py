"""Reads folders of the archive with Spark: with its JSON source, and with Hive's RegexSerDe.

The protocol is that of frames.py; the first argument is the regular expression of the table.
"""
import json
import sys

from pyspark.sql import SparkSession

COLUMNS = (
    "topic_name, `partition`, `offset`, `timestamp`, timestamp_type, `key`, key_encoding, headers, value, "
    "value_encoding, value_line_break, metadata"
)
SCHEMA = "partition INT, offset BIGINT, value STRING, value_encoding STRING, value_line_break STRING"

spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.memory", "1g")
    .config("spark.sql.catalogImplementation", "hive")
    .config("spark.hadoop.mapreduce.input.fileinputformat.input.dir.recursive", "true")
    .config("spark.hadoop.javax.jdo.option.ConnectionURL", "jdbc:derby:memory:metastore;create=true")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("OFF")


def rows_of(frame):
    return [row.asDict(recursive=True) for row in frame.collect()]


def files(folder):
    return spark.read.option("recursiveFileLookup", "true").option("pathGlobFilter", "*.jsonl.gz"), folder


def declared(folder):
    reader, path = files(folder)
    return rows_of(reader.schema(SCHEMA).json(path))


def inferred(folder):
    reader, path = files(folder)
    frame = reader.json(path)
    return rows_of(frame.select([name.split()[0] for name in SCHEMA.split(", ") if name.split()[0] in frame.columns]))


def regex(folder):
    spark.sql("DROP TABLE IF EXISTS lines")
    pattern = sys.argv[1].replace("\\", "\\\\").replace("'", "\\'")
    typed = ", ".join(f"{name} STRING" for name in COLUMNS.split(", "))
    spark.sql(
        f"CREATE EXTERNAL TABLE lines ({typed}) ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe' "
        f"WITH SERDEPROPERTIES ('input.regex' = '{pattern}') STORED AS TEXTFILE LOCATION '{folder}'"
    )
    return rows_of(spark.sql(f"SELECT {COLUMNS} FROM lines"))


def dt_type(folder):
    """The type of the partition column, as a single row."""
    return [{"value": spark.read.text(folder).schema["dt"].dataType.simpleString()}]


READERS = {"declared": declared, "inferred": inferred, "regex": regex, "dt": dt_type}

for request in map(json.loads, sys.stdin):
    try:
        answer = {"rows": READERS[request["reader"]](request["folder"])}
    except Exception as error:
        answer = {"error": str(error).split("\n")[0]}
    print(json.dumps(answer), flush=True)
