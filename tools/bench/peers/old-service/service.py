"""The service that the archiver replaces, written from its description.

Polls one message at a time, adds its Kafka metadata, and appends it as a line of JSON to a temporary file. When the
buffer reaches 10 MB, 10,000 messages or an age of 10 minutes, compresses the file, uploads it in the poll loop, and
then commits synchronously. Runs until SIGTERM, and does not upload what is buffered then.
"""

import argparse
import gzip
import json
import signal
import tempfile
import time
import uuid

import boto3
from confluent_kafka import TIMESTAMP_CREATE_TIME, Consumer, KafkaError, KafkaException

GZIP_LEVEL = 6

parser = argparse.ArgumentParser()
parser.add_argument("--brokers", required=True)
parser.add_argument("--topic", required=True)
parser.add_argument("--group", required=True)
parser.add_argument("--endpoint", required=True, help="URL of the S3 server")
parser.add_argument("--bucket", required=True)
parser.add_argument("--folder", required=True, help="for the temporary file")
parser.add_argument("--max-bytes", type=int, default=10_000_000)
parser.add_argument("--max-events", type=int, default=10_000)
parser.add_argument("--max-seconds", type=float, default=600)
parser.add_argument("--until-end", action="store_true", help="also upload the buffer at the end of the topic")
parser.add_argument("--parse-values", action="store_true", help="parse the JSON of values and serialise it again")
args = parser.parse_args()


def to_text(data):
    return None if data is None else data.decode("utf-8")


def to_line(message):
    kind, timestamp = message.timestamp()
    headers = message.headers() or []
    event = {
        "topic": message.topic(),
        "partition": message.partition(),
        "offset": message.offset(),
        "timestamp": timestamp,
        "timestamp_type": "CREATE_TIME" if kind == TIMESTAMP_CREATE_TIME else "LOG_APPEND_TIME",
        "key": to_text(message.key()),
        "headers": [{"name": name, "value": to_text(value)} for name, value in headers],
        "metadata": {"source": args.brokers},
    }
    if args.parse_values:
        event["value"] = json.loads(message.value())
        return to_json(event) + b"\n"
    # The least work: JSON values are embedded unparsed.
    return to_json(event)[:-1] + b',"value":' + message.value() + b"}\n"


def to_json(event):
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()


class Buffer:
    """Lines in a temporary file."""

    def __init__(self):
        self.file = tempfile.NamedTemporaryFile(dir=args.folder, suffix=".jsonl")
        self.bytes = 0
        self.events = 0
        self.begun = 0.0

    def append(self, line):
        if self.events == 0:
            self.begun = time.monotonic()
        self.file.write(line)
        self.bytes += len(line)
        self.events += 1

    def is_due(self):
        return self.events > 0 and (
            self.bytes >= args.max_bytes
            or self.events >= args.max_events
            or time.monotonic() - self.begun >= args.max_seconds
        )


def flush(buffer):
    buffer.file.seek(0)
    body = gzip.compress(buffer.file.read(), GZIP_LEVEL)
    folder = time.strftime("dt=%Y-%m-%d/hour=%H", time.gmtime())
    key = f"topic={args.topic}/{folder}/{uuid.uuid4()}.jsonl.gz"
    s3.put_object(Bucket=args.bucket, Key=key, Body=body)
    consumer.commit(asynchronous=False)
    buffer.file.close()
    return Buffer()


s3 = boto3.client("s3", endpoint_url=args.endpoint, region_name="us-east-1")
consumer = Consumer(
    {
        "bootstrap.servers": args.brokers,
        "group.id": args.group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "enable.partition.eof": args.until_end,
    }
)
stopped = []
signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
assigned = set()


def on_assign(_, partitions):
    assigned.update(each.partition for each in partitions)


consumer.subscribe([args.topic], on_assign=on_assign)
pending = Buffer()
ended = set()
while not stopped:
    polled = consumer.poll(1.0)
    if polled is not None:
        error = polled.error()
        if error is None:
            pending.append(to_line(polled))
            ended.discard(polled.partition())
        elif error.code() == KafkaError._PARTITION_EOF:  # pylint: disable=protected-access
            ended.add(polled.partition())
        else:
            raise KafkaException(error)
    is_end = len(ended) > 0 and ended == assigned and pending.events > 0
    if pending.is_due() or is_end:
        pending = flush(pending)
consumer.close()
