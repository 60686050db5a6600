import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const page = readFileSync(resolve(import.meta.dirname, '../../docs/audit.md'), 'utf8');
const [, code = ''] = /<!-- snippet: airflow -->\n```python\n([\s\S]*?)```/.exec(page) ?? [];

/** Runs the snippet with stand-ins for Airflow's modules, and calls its function for each object of a bucket. */
const program = `
import json, sys, types

objects = json.load(sys.stdin)
sensors = []

class S3Hook:
    def check_for_key(self, key, bucket):
        return f"{bucket}/{key}" in objects

    def read_key(self, key, bucket):
        return objects[f"{bucket}/{key}"]

class DAG:
    def __init__(self, dag_id, **arguments):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

def module(name, **members):
    made = types.ModuleType(name)
    vars(made).update(members)
    sys.modules[name] = made

for name in ["airflow", "airflow.providers", "airflow.providers.amazon", "airflow.providers.amazon.aws",
             "airflow.providers.amazon.aws.hooks", "airflow.providers.standard",
             "airflow.providers.standard.sensors"]:
    module(name)
module("airflow.providers.amazon.aws.hooks.s3", S3Hook=S3Hook)
module("airflow.providers.standard.sensors.python", PythonSensor=lambda **given: sensors.append(given))
module("airflow.sdk", DAG=DAG)

exec(compile(${JSON.stringify(code)}, "snippet", "exec"))

def outcome(hour):
    given = {**sensors[0]["op_kwargs"], "dt": "2026-11-23", "hour": hour}
    try:
        return sensors[0]["python_callable"](**given)
    except ValueError as error:
        return str(error)

print(json.dumps([outcome(hour) for hour in ["08", "09", "10", "11"]]))
`;

describe('the sensor of docs/audit.md', () => {
  it('waits for a settled hour, and refuses a newer format', () => {
    const key = (hour: string) =>
      `my-derived-bucket/hours/shop/topic=orders/dt=2026-11-23/hour=${hour}.json`;
    const objects = {
      [key('08')]: '{"format":1,"settled":true}',
      [key('09')]: '{"format":1,"settled":false}',
      [key('11')]: '{"format":2}',
    };
    const input = JSON.stringify(objects);
    const output = execFileSync('python3', ['-c', program], { input, encoding: 'utf8' });
    expect(JSON.parse(output)).toEqual([
      true,
      false,
      false,
      'hours/shop/topic=orders/dt=2026-11-23/hour=11.json has format 2',
    ]);
  });
});
