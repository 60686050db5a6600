import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DemoDeps, runDemo } from '../../tools/local/demo/run.ts';
import { demoOptions } from '../../tools/local/test/demo/demo-options.ts';
import {
  demo,
  expectArchived,
  expectAsInTutorial,
  expectEachOffsetOnce,
  expectRefused,
  filesOf,
  root,
} from '../../tools/local/test/demo/running-demo.ts';

const earthquakes = join(root, 'tools', 'local', 'data', 'earthquakes.jsonl');

let folders: string;

beforeAll(() => {
  folders = mkdtempSync(join(tmpdir(), 'demo-'));
});

afterAll(() => rmSync(folders, { recursive: true, force: true }));

/** Creates a folder for one test, which is deleted after all tests. */
function temporaryFolder(): string {
  return mkdtempSync(join(folders, 'test-'));
}

describe('demo', { timeout: 60_000 }, () => {
  it('archives the earthquakes, then another input into the same folder', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'new', 'out');
    const plain = await demo('--out', out);
    const first = expectArchived(plain, out, 1707);
    expectAsInTutorial(plain, 'npm run demo', out);
    expectEachOffsetOnce(first, 3);
    const events = readFileSync(earthquakes, 'utf8').trimEnd().split('\n');
    const values = events.map((line) => JSON.parse(line));
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
    const archived = first.map(({ value }) => value as { id: string });
    expect(archived.sort(byId)).toEqual(values.sort(byId));
    for (const { topic, key, timestamp, value } of first) {
      const { id, properties } = value as { id: string; properties: { time: number } };
      expect({ topic, key, timestamp }).toEqual({
        topic: 'earthquakes',
        key: id,
        timestamp: properties.time,
      });
    }

    const input = join(folder, 'room temperatures.jsonl');
    writeFileSync(
      input,
      [
        '{"room":{"id":"a"},"at":"2026-01-31T23:59:59.999Z","celsius":20.50}',
        '{"room":{"id":"b"},"at":1769904000000,"note":"line\u2028separator"}',
        '{"room":{},"at":"2026-02-01T12:00:00+01:00"}',
      ].join('\r\n'),
    );
    const flags = ['--key', 'room.id', '--timestamp', 'at', '--partitions', '1'];
    flags.push('--batch-window', '0', '--compression', 'none');
    const run = await demo('--input', input, ...flags, '--out', out);
    const second = expectArchived(run, out, 3);
    expect(second).toMatchObject([
      {
        topic: 'room-temperatures',
        partition: 0,
        offset: 0,
        timestamp: Date.UTC(2026, 0, 31, 23, 59, 59, 999),
        key: 'a',
        value: { celsius: 20.5 },
      },
      { offset: 1, timestamp: 1_769_904_000_000, key: 'b', value: { note: 'line\u2028separator' } },
      { offset: 2, timestamp: Date.UTC(2026, 1, 1, 11), key: null },
    ]);
    const folders = filesOf(join(out, 'archive')).map((file) => file.split('/').slice(0, 3));
    expect(folders).toEqual([
      ['demo', 'topic=room-temperatures', 'dt=2026-01-31'],
      ['demo', 'topic=room-temperatures', 'dt=2026-02-01'],
    ]);
  });
});

// Outages, failed batches and delivery streams: test/real/demo.test.ts.

const deps: DemoDeps = {
  bundle: () => '',
  now: Date.now,
  print: () => undefined,
  progress: () => undefined,
  waitForUser: async () => undefined,
};

/** A folder as an earlier run leaves it. */
function earlierRun(): string {
  const out = temporaryFolder();
  for (const name of ['archive', 'function.log']) writeFileSync(join(out, name), name);
  return out;
}

describe('a refused run', () => {
  it('prints one line, and exits with 2 for a mistyped flag', async () => {
    const out = temporaryFolder();
    const run = await demo('--partitions', '0', '--out', out);
    expectRefused(
      run,
      /must be a whole number from 1 to 1000.*; see 'npm run demo -- --help'$/m,
      2,
    );
    expect(filesOf(out)).toEqual([]);
  });

  it('leaves an earlier run unchanged if the broker cannot be reached', async () => {
    const out = earlierRun();
    const connection = { brokers: ['127.0.0.1:1'] };
    const run = runDemo(demoOptions({ out, kafka: { connection, topics: undefined } }), deps);
    await expect(run).rejects.toThrow(/^cannot reach 127\.0\.0\.1:1 .*ECONNREFUSED/);
    expect(filesOf(out)).toEqual(['archive', 'function.log']);
  });

  it('leaves an earlier run unchanged if the input does not exist', async () => {
    const out = earlierRun();
    const run = runDemo(demoOptions({ out, input: join(out, 'nope.jsonl') }), deps);
    await expect(run).rejects.toThrow(/^cannot read .*nope\.jsonl: ENOENT/);
    expect(filesOf(out)).toEqual(['archive', 'function.log']);
  });

  it.each([
    ['a log', ['function.log', 'thesis.txt']],
    ['no log', ['archive']],
  ])('leaves a folder of something else unchanged: with %s', async (_, names) => {
    const out = temporaryFolder();
    for (const name of names) writeFileSync(join(out, name), name);
    await expect(runDemo(demoOptions({ out }), deps)).rejects.toThrow(
      /^cannot use --out '.*': it must be a new or empty folder, or that of an earlier demo$/,
    );
    expect(filesOf(out)).toEqual([...names].sort());
    for (const name of names) expect(readFileSync(join(out, name), 'utf8')).toBe(name);
  });

  // Node's own recursive mkdir never ends there.
  it.runIf(existsSync('/proc/version'))('ends for a folder that cannot be created', async () => {
    await expect(runDemo(demoOptions({ out: '/proc/demo/out' }), deps)).rejects.toThrow(
      /^cannot use --out '.proc.demo.out': ENOENT/,
    );
  });

  it('leaves a file in place of the folder unchanged', async () => {
    const out = join(temporaryFolder(), 'file');
    writeFileSync(out, 'thesis');
    const run = runDemo(demoOptions({ out }), deps);
    await expect(run).rejects.toThrow(/^cannot use --out '.*': ENOTDIR/);
    expect(readFileSync(out, 'utf8')).toBe('thesis');
  });
});
