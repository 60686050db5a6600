"""Makes calls of AWS APIs, one after the other, and prints their answers.

Arguments: endpoint, region. Standard input: a JSON list of [service, operation, parameters].
"""

import json
import sys

import boto3

endpoint, region = sys.argv[1:]
answers = []
for service, operation, parameters in json.load(sys.stdin):
    client = boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    answer = getattr(client, operation)(**parameters)
    answer.pop("ResponseMetadata", None)
    answers.append(answer)
json.dump(answers, sys.stdout, default=str)
