"""Decodes record lines with nothing but Python's standard library and the rule in the docs.

Reads lines of an object from standard input, and writes for each a JSON list of the record's bytes in hexadecimal
digits, or null: [topic, partition, offset, timestamp, key, value, [[header name, header value], ...]].
"""

import base64
import json
import re
import sys

LINE = re.compile(
    rb'\{"topic":"[^"]*","partition":\d+,"offset":\d+,"timestamp":(?:null|-?\d+),.*?'
    rb'\],"value":(?P<value>.*),"value_encoding":"(?P<encoding>\w+)"(?:,"value_line_break":"(?P<break>\w+)")?,'
    rb'"metadata":(?P<metadata>\{.*\})\}',
    re.DOTALL,
)


def to_bytes(text, encoding):
    """The bytes that a string of the line stands for."""
    if encoding == "null":
        return None
    return base64.b64decode(text, validate=True) if encoding == "base64" else text.encode()


def decode(line):
    """The record of one line."""
    cut = LINE.fullmatch(line)
    # The value is left out, because the JSON parser may refuse or change what is in it.
    fields = json.loads(line[: cut.start("value")] + b"null" + line[cut.end("value") :])
    if cut["encoding"] == b"json":
        breaks = {None: b"\t", b"lf": b"\n", b"crlf": b"\r\n"}
        value = cut["value"].replace(b"\t", breaks[cut["break"]])
    else:
        value = to_bytes(json.loads(cut["value"]), cut["encoding"].decode())
    headers = [[each["name"], to_bytes(each["value"], each["encoding"])] for each in fields["headers"]]
    key = to_bytes(fields["key"], fields["key_encoding"])
    return [fields[name] for name in ("topic", "partition", "offset", "timestamp")] + [key, value, headers]


def main():
    # Bytes, and split at line feeds alone: str.splitlines() also splits at U+0085, U+2028 and U+2029.
    for line in sys.stdin.buffer:
        print(json.dumps(decode(line[:-1]), default=bytes.hex))


main()
