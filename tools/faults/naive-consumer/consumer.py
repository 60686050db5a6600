"""A consumer that polls, buffers and uploads in one loop, so that a slow upload gets it evicted.

Polls one message at a time and buffers its value. When the buffer is full, uploads it with an HTTP PUT and then
commits synchronously. Prints events, one JSON object a line.
"""

import argparse
import json
import sys
import time
import urllib.request

from confluent_kafka import Consumer, KafkaError, KafkaException

parser = argparse.ArgumentParser()
parser.add_argument("--brokers", required=True)
parser.add_argument("--topic", required=True)
parser.add_argument("--group", required=True)
parser.add_argument("--url", required=True, help="uploads go below it")
parser.add_argument("--buffer", type=int, required=True, help="messages in an upload")
parser.add_argument("--uploads", type=int, required=True, help="commits after which it exits")
parser.add_argument("--max-poll-interval-ms", type=int, required=True)
args = parser.parse_args()


def emit(event, **details):
    print(json.dumps({"event": event, **details}), flush=True)


def upload(number, messages):
    body = b"\n".join(message.value() for message in messages)
    request = urllib.request.Request(f"{args.url}/{number}", data=body, method="PUT")
    request.add_header("Authorization", "anyone")
    request.add_header("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
    begun = time.monotonic()
    with urllib.request.urlopen(request) as answer:
        answer.read()
    emit("uploaded", seconds=round(time.monotonic() - begun, 1))


consumer = Consumer(
    {
        "bootstrap.servers": args.brokers,
        "group.id": args.group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "max.poll.interval.ms": args.max_poll_interval_ms,
        "session.timeout.ms": min(45_000, args.max_poll_interval_ms),
    }
)
consumer.subscribe([args.topic])
buffer = []
uploads = 0
committed = 0
while committed < args.uploads:
    message = consumer.poll(1.0)
    if message is None:
        continue
    if message.error() is not None:
        code = message.error().code()
        # pylint: disable=protected-access
        emit("evicted" if code == KafkaError._MAX_POLL_EXCEEDED else "error", error=str(code), name=message.error().name())
        buffer = []
        continue
    emit("read", partition=message.partition(), offset=message.offset())
    buffer.append(message)
    if len(buffer) < args.buffer:
        continue
    uploads += 1
    upload(uploads, buffer)
    buffer = []
    try:
        consumer.commit(asynchronous=False)
        committed += 1
        emit("committed")
    except KafkaException as error:
        emit("commit failed", name=error.args[0].name())
consumer.close()
sys.exit(0)
