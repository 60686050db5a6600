import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { folderOf, periodOf } from '../../lambda/core/object/object-key.ts';
import { partitionQueries } from '../../lib/storage/archive-delivery-stream.ts';
import { providePythonPackage } from '../../tools/local/real-servers/python-package.ts';

/** Binds the very jq 1.6 that Firehose names. */
const JQ = 'jq==1.2.3';
const INSTALL_TIMEOUT_MS = 600_000;

const SCRIPT = `import jq, json, sys
query, lines = json.loads(sys.argv[1])
program = jq.compile(query)
print(json.dumps([program.input(text=line).first() for line in lines]))`;

const timestamps = [
  1_763_895_200_000,
  1_795_426_000_999,
  null,
  -1,
  0,
  946_684_799_999,
  946_684_800_000,
  253_402_300_799_999,
  253_402_300_800_000,
];

it(
  'jq finds the folders that objects of the functions are in',
  async () => {
    const python = join(await providePythonPackage(JQ), 'python');
    const fields = Object.entries(partitionQueries).map(([key, query]) => `"${key}":${query}`);
    const lines = timestamps.map((timestamp) =>
      JSON.stringify({ topic: 'a-b.c', timestamp, value: { topic: 'x', timestamp: 1 } }),
    );
    const input = JSON.stringify([`{${fields.join(',')}}`, lines]);
    const { stdout } = await promisify(execFile)(python, ['-c', SCRIPT, input]);
    const keys: { topic: string; dt: string; hour: string }[] = JSON.parse(stdout);
    const folders = keys.map(({ topic, dt, hour }) => `topic=${topic}/dt=${dt}/hour=${hour}/`);
    expect(folders).toEqual(
      timestamps.map((each) => `topic=a-b.c/${folderOf(periodOf(each, 'hour'), 'hour')}`),
    );
  },
  INSTALL_TIMEOUT_MS,
);
