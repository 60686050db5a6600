"""Writes half a million lines of format 2, of which 6,000 are duplicates, for identity-in-sql.ts: three hours of a topic
with two partitions, in objects of 4,000 lines. Every tenth batch was cut again, 250 records earlier.

    python3 identity_lines.py FOLDER
"""
import gzip
import hashlib
import json
import os
import random
import sys

BATCHES, RECORDS, OVERLAP = 42, 2000, 250
END = '"metadata":{"source":"arn:aws:kafka:eu-west-1:111122223333:cluster/shop/0f1e2d3c","env":"prod"}}\n'

chosen = random.Random(1)
words = ["".join(chosen.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chosen.randint(3, 9))) for _ in range(3000)]


def line(partition, offset, timestamp):
    pick = random.Random(offset * 2 + partition)
    value = {
        "id": pick.getrandbits(60),
        "customer": hashlib.md5(str(offset).encode()).hexdigest(),
        "text": " ".join(pick.choice(words) for _ in range(90)),
        "lines": [
            {"sku": pick.randint(1, 99999), "qty": pick.randint(1, 9), "price": pick.randint(1, 99999) / 100}
            for _ in range(6)
        ],
    }
    return (
        f'{{"topic":"orders","partition":{partition},"offset":{offset},"timestamp":{timestamp},'
        f'"timestamp_type":"CREATE_TIME","key":"u-{pick.randint(1, 50000)}","key_encoding":"utf8",'
        f'"headers":[{{"name":"trace-id","value":"{pick.getrandbits(32):08x}","encoding":"utf8"}}],'
        f'"value":{json.dumps(value, separators=(",", ":"))},"value_encoding":"json",{END}'
    )


for hour in range(3):
    folder = f"{sys.argv[1]}/topic=orders/dt=2026-11-23/hour={hour + 9:02d}"
    os.makedirs(folder)
    start = 1795424400000 + hour * 3600000
    for batch in range(BATCHES):
        first = (hour * BATCHES + batch) * RECORDS - (OVERLAP if batch % 10 == 9 else 0)
        offsets = range(first, first + RECORDS)
        runs = "_".join(f"p{partition}.{first}-{first + RECORDS - 1}" for partition in range(2))
        with gzip.open(f"{folder}/{runs}.jsonl.gz", "wt", compresslevel=4) as body:
            for partition in range(2):
                body.writelines(
                    line(partition, offset, start + offset % (BATCHES * RECORDS) * 40) for offset in offsets
                )
