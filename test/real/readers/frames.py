"""Reads folders of the archive with pandas, polars and jq.

Each line of standard input is a request, {"reader": "...", "folder": "..."}; each line of standard output is the
answer, {"rows": [...]} or {"error": "..."}.
"""
import glob
import gzip
import io
import json
import sys

import jq
import pandas
import polars

SCHEMA = {
    "partition": polars.Int32,
    "offset": polars.Int64,
    "value": polars.String,
    "value_encoding": polars.String,
    "value_line_break": polars.String,
}

JQ = jq.compile("[.partition, .offset, (.value | tojson), .value_encoding, .value_line_break]")


def bodies(folder):
    for file in sorted(glob.glob(f"{folder}/**/*.jsonl.gz", recursive=True)):
        with gzip.open(file) as body:
            yield body.read()


def text(value):
    """A value of pandas as text: None for what stands for a missing one."""
    if isinstance(value, float) and value != value:
        return None
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def with_pandas(folder):
    for body in bodies(folder):
        for row in pandas.read_json(io.BytesIO(body), lines=True).to_dict("records"):
            row = {name: row.get(name) for name in SCHEMA}
            yield {**row, "value": text(row["value"]), "value_line_break": text(row["value_line_break"])}


def with_polars(folder):
    for body in bodies(folder):
        yield from polars.read_ndjson(io.BytesIO(body), schema=SCHEMA).to_dicts()


def with_jq(folder):
    for body in bodies(folder):
        for row in JQ.input(text=body.decode()):
            yield dict(zip(SCHEMA, row))


READERS = {"pandas": with_pandas, "polars": with_polars, "jq": with_jq}

for request in map(json.loads, sys.stdin):
    try:
        answer = {"rows": list(READERS[request["reader"]](request["folder"]))}
    except BaseException as error:  # polars panics with one that is no Exception
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
