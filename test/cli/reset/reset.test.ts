import { describe, expect, it } from 'vitest';
import type { Refusal } from '../mapping/lambda-server.ts';
import { now, ordersMapping, startConsole, uuid } from './reset-console.ts';

const hour = 3_600_000;

const ok = { code: 0, error: '' };
const line = `--topic orders --to-earliest --mapping ${uuid}`;
const enable = `aws lambda update-event-source-mapping --uuid ${uuid} --enabled`;
const untouched = ['GET Enabled', 'open shop-orders orders', 'close'];
const disabling = ['PUT Enabled=false', 'GET Disabling', 'GET Disabled'];
const enabling = ['PUT Enabled=true', 'GET Enabling', 'GET Enabled'];
const [head, looked] = [untouched.slice(0, 2), ['close']];

const table = [
  `Topic 'orders', group 'shop-orders', mapping ${uuid} (Enabled, on demand): to earliest`,
  '',
  'PARTITION  COMMITTED  TARGET  DIFFERENCE  EFFECT',
  '0          100        40      -60         60 read again',
  '1          50         40      -10         10 read again',
  '',
  'At most 70 records are read again. A batch with the same offsets as before is found in the archive;',
  'any other is stored as objects that overlap existing ones. Nothing is overwritten: readers deduplicate',
  'by their identity (topic, partition, offset, timestamp, key and value).',
];

/** Refuses one kind of request, a number of times. */
function faultOf(wanted: string, refusal: Refusal, times = Number.POSITIVE_INFINITY) {
  let left = times;
  return (request: string) => {
    if (request !== wanted || left === 0) return undefined;
    left -= 1;
    return refusal;
  };
}

const denied: Refusal = { status: 403, type: 'AccessDeniedException', message: 'you may not' };
const inUse: Refusal = { status: 400, type: 'ResourceInUseException', message: 'busy' };

describe('a reset', () => {
  it('disables the mapping, waits for the group, commits, reads back and enables, in this order', async () => {
    const { journal, printed, questions, run } = await startConsole({ group: { members: [2, 1] } });
    expect(await run(line)).toEqual(ok);
    expect(journal).toEqual([
      ...head,
      ...disabling,
      ...['members 2', 'members 1', 'members 0', 'commit 0:40 1:40'],
      ...enabling,
      ...looked,
    ]);
    expect(questions).toEqual([
      "Move 2 partitions of 'orders' and disable the mapping for some minutes?",
    ]);
    expect(printed).toEqual([
      ...table,
      `Disabled the mapping ${uuid}.`,
      "The group 'shop-orders' has no members.",
      "Committed and read back the offsets of 2 partitions of 'orders'.",
      `Enabled the mapping ${uuid}.`,
      'Done.',
    ]);
  });

  it('waits for members that only the broker sees', async () => {
    const { journal, run } = await startConsole({ group: { refused: 2 } });
    expect(await run(`${line} --yes`)).toEqual(ok);
    expect(journal.filter((each) => each === 'commit 0:40 1:40')).toHaveLength(3);
    expect(journal.slice(-4)).toEqual([...enabling, 'close']);
  });

  it('counts from the final offsets of the group, and commits the offsets that the user confirmed', async () => {
    const console = await startConsole({
      lambda: { onState: (state) => state === 'Disabled' && console.advance(1, 70) },
    });
    expect(await console.run(`${line} --json --yes`)).toEqual(ok);
    const { partitions, ...rest } = JSON.parse(console.printed.join('\n'));
    expect(rest).toEqual({
      ...{ outcome: 'done', topic: 'orders', group: 'shop-orders' },
      ...{ mapping: uuid, target: 'earliest' },
    });
    expect(partitions).toEqual([
      { partition: 0, begin: 0, end: 100, target: 40, again: 60, skipped: 0, committed: 100 },
      { partition: 1, begin: 10, end: 100, target: 40, again: 30, skipped: 0, committed: 70 },
    ]);
  });

  it.each([
    ['--dry-run', { ask: undefined }, 0, 'Dry run: nothing was changed.'],
    ['', { ask: async () => false }, 1, 'Nothing was changed.'],
  ])('shows the plan and changes nothing: %s %j', async (flag, given, code, end) => {
    const { journal, printed, run } = await startConsole();
    expect(await run(`${line} ${flag}`.trim(), given)).toEqual({ code, error: '' });
    expect(printed).toEqual([...table, end]);
    expect(journal).toEqual(untouched);
  });

  it.each([
    ['--to-earliest', 'earliest'],
    ['--to-latest', 'latest'],
    ['--hours-back 1', { timestamp: now - hour }],
    ['--hours-back=87600', { timestamp: now - 87_600 * hour }],
    ['--to 2026-11-24T09:00:00Z', { timestamp: now - 3 * hour }],
    ['--to 2026-11-24T14:00+02:00', { timestamp: now }],
    ['--to 2026-11-24', { timestamp: now - 12 * hour }],
  ])('looks up the target of %s', async (flags, target) => {
    const { run, targets } = await startConsole();
    expect(await run(`--topic orders --mapping ${uuid} --dry-run ${flags}`)).toEqual(ok);
    expect(targets).toEqual([target]);
  });

  it.each([
    ['', 'open shop-orders orders'],
    ['--group mine', 'open mine orders'],
  ])('moves the group of the mapping, or the given one: %s', async (flags, opened) => {
    const { journal, run } = await startConsole();
    expect(await run(`${line} --dry-run ${flags}`.trim())).toEqual(ok);
    expect(journal).toContain(opened);
  });

  it('of a group without a mapping asks Lambda nothing', async () => {
    const { journal, run } = await startConsole();
    const flags = '--topic orders --to-earliest --no-mapping --group mine --yes';
    expect(await run(flags)).toEqual(ok);
    expect(journal).toEqual([
      'open mine orders',
      ...['members 0', 'members 0', 'commit 0:40 1:40', 'close'],
    ]);
  });

  it('does nothing if the group is at the target already', async () => {
    const { journal, printed, run } = await startConsole({ group: { targets: [100, 50] } });
    expect(await run(line)).toEqual(ok);
    expect(printed.at(-1)).toBe('The group is at these offsets already: nothing was changed.');
    expect(journal).toEqual(untouched);
  });

  it('skips nothing without --allow-skip', async () => {
    const group = { targets: [100, 80] };
    const refused = await startConsole({ group });
    expect((await refused.run(`${line} --yes`)).error).toBe(
      "30 records would be skipped and not archived: pass --allow-skip to accept that; see 'kafka-archive reset --help'",
    );
    expect(refused.journal).toEqual(untouched);
    expect(refused.printed.at(-1)).toBe(
      'WARNING: at most 30 records are SKIPPED: the group never reads them, and they are NOT ARCHIVED.',
    );
    const allowed = await startConsole({ group });
    expect(await allowed.run(`${line} --yes --allow-skip`)).toEqual(ok);
    expect(allowed.journal).toContain('commit 0:100 1:80');
  });
});

describe('a mapping that is disabled', () => {
  const mapping = () => ordersMapping({ State: 'Disabled' });

  it('stays disabled', async () => {
    const { journal, run } = await startConsole({ mapping: mapping() });
    expect(await run(`${line} --yes`)).toEqual(ok);
    expect(journal).toEqual([
      'GET Disabled',
      'open shop-orders orders',
      ...['members 0', 'members 0', 'commit 0:40 1:40', 'close'],
    ]);
  });

  it('is enabled with --enable, even if the group is at the target already', async () => {
    const { journal, run } = await startConsole({
      mapping: mapping(),
      group: { targets: [100, 50] },
    });
    expect(await run(`${line} --yes --enable`)).toEqual(ok);
    expect(journal.slice(-5)).toEqual(['commit 0:100 1:50', ...enabling, 'close']);
  });

  it('is refused while its group has members', async () => {
    const { journal, run } = await startConsole({ mapping: mapping(), group: { members: [2] } });
    expect((await run(line)).error).toBe(
      "the group 'shop-orders' has 2 members: stop its readers first; nothing was changed",
    );
    expect(journal).not.toContain('commit 0:40 1:40');
  });

  it('is refused while its group has members that only the broker sees', async () => {
    const { journal, run } = await startConsole({ mapping: mapping(), group: { refused: 1 } });
    expect((await run(`${line} --yes`)).error).toBe(
      `the group 'shop-orders' has members that only the broker sees: stop its readers first; --dry-run shows the current offsets; the mapping ${uuid} is still disabled`,
    );
    expect(journal).not.toContain('PUT Enabled=true');
  });

  it('is left unchanged while Lambda changes its state', async () => {
    const console = await startConsole({ mapping: ordersMapping({ State: 'Updating' }) });
    expect((await console.run(line)).error).toBe(
      `the mapping ${uuid} is 'Updating': try again when it is Enabled or Disabled`,
    );
    expect(console.journal).toEqual(['GET Updating']);
  });
});

describe('a failure', () => {
  it('of the commit leaves the mapping enabled', async () => {
    const { journal, run } = await startConsole({ group: { refusal: new Error('no quorum') } });
    expect((await run(`${line} --yes`)).error).toBe(
      `no quorum; --dry-run shows the current offsets; the mapping ${uuid} is enabled again`,
    );
    expect(journal).toEqual([
      ...head,
      ...disabling,
      ...['members 0', 'commit 0:40 1:40'],
      ...enabling,
      ...looked,
    ]);
  });

  it('to read back the committed offsets is reported, with the mapping enabled', async () => {
    const { run } = await startConsole({ group: { left: [40, 41] } });
    expect((await run(`${line} --yes`)).error).toBe(
      `partition 1 has the committed offset 41 instead of 40; --dry-run shows the current offsets; the mapping ${uuid} is enabled again`,
    );
  });

  it('of a group to become empty ends the reset, with the mapping enabled and no offset changed', async () => {
    const members = Array.from({ length: 300 }, () => 1);
    const { journal, run } = await startConsole({ group: { members } });
    expect((await run(`${line} --yes`)).error).toBe(
      `the group 'shop-orders' has 1 member, even after ten minutes; no offset was changed; the mapping ${uuid} is enabled again`,
    );
    expect(journal.filter((each) => each === 'members 1')).toHaveLength(300);
    expect(journal).not.toContain('commit 0:40 1:40');
    expect(journal.slice(-4)).toEqual([...enabling, 'close']);
  });

  it('to disable changes nothing', async () => {
    const fault = faultOf('PUT Enabled=false', denied);
    const { journal, run } = await startConsole({ lambda: { fault } });
    expect((await run(`${line} --yes`)).error).toBe(
      `disabling the event source mapping ${uuid} failed: AccessDeniedException, HTTP 403: you may not; nothing was changed`,
    );
    expect(journal).toEqual([...head, 'PUT Enabled=false', 'close']);
  });

  it.each([
    ['ServiceException', 500],
    // The response to a second attempt while the first one is in progress.
    ['ResourceInUseException', 400],
  ])(
    'to receive the answer of Lambda enables the mapping, in case it is disabled: %s',
    async (type, status) => {
      const lost = { status, type, message: 'lost', isDone: true };
      const fault = faultOf('PUT Enabled=false', lost);
      const { journal, mapping, run } = await startConsole({ lambda: { fault } });
      expect((await run(`${line} --yes`)).error).toBe(
        `disabling the event source mapping ${uuid} failed: ${type}, HTTP ${status}: lost; no offset was changed; the mapping ${uuid} is enabled again`,
      );
      expect(mapping.State).toBe('Enabled');
      expect(journal.slice(-4)).toEqual([...enabling, 'close']);
    },
  );

  it('to enable the mapping is reported with the command that enables it', async () => {
    const fault = faultOf('PUT Enabled=true', denied);
    const { run } = await startConsole({ lambda: { fault } });
    expect((await run(`${line} --yes`)).error).toBe(
      `the offsets are committed, but the mapping ${uuid} is NOT ENABLED (enabling the event source mapping ${uuid} failed: AccessDeniedException, HTTP 403: you may not); to enable it: ${enable}`,
    );
  });

  it('to enable the mapping after a failed commit reports both', async () => {
    const { run } = await startConsole({
      group: { refusal: new Error('no quorum') },
      lambda: { fault: faultOf('PUT Enabled=true', denied) },
    });
    expect((await run(`${line} --yes --region eu-west-1`)).error).toBe(
      `no quorum; --dry-run shows the current offsets; the mapping ${uuid} is NOT ENABLED (enabling the event source mapping ${uuid} failed: AccessDeniedException, HTTP 403: you may not); to enable it: ${enable} --region eu-west-1`,
    );
  });

  it('to enable the mapping while Lambda is changing it is retried', async () => {
    const { journal, run } = await startConsole({
      lambda: { fault: faultOf('PUT Enabled=true', inUse, 2) },
    });
    expect(await run(`${line} --yes`)).toEqual(ok);
    expect(journal.filter((each) => each === 'PUT Enabled=true')).toHaveLength(3);
  });
});

describe('Ctrl-C', () => {
  /** Stops the reset at a request. */
  async function stopAt(wanted: string) {
    const stop = new AbortController();
    const console = await startConsole({
      lambda: {
        fault: (request) => {
          if (request === wanted) stop.abort();
          return undefined;
        },
      },
    });
    const { error } = await console.run(`${line} --yes`, { stop: stop.signal });
    return { error, ...console };
  }

  it('before the first call of Lambda changes nothing', async () => {
    const stop = AbortSignal.abort();
    const { journal, run } = await startConsole();
    expect((await run(`${line} --yes`, { stop })).error).toBe('stopped');
    expect(journal).toEqual([]);
  });

  it.each(['PUT Enabled=false', 'GET Disabling', 'GET Disabled'])(
    'at %s leaves the offsets unchanged and says how to continue',
    async (wanted) => {
      const { error, journal } = await stopAt(wanted);
      expect(error).toBe(
        `stopped: no offset was changed, but the mapping ${uuid} is DISABLED, or about to be, and 'orders' is not archived; continue with the same command and --enable, or enable it with: ${enable}`,
      );
      expect(journal).not.toContain('commit 0:40 1:40');
      expect(journal).not.toContain('PUT Enabled=true');
    },
  );

  it('while the broker refuses the commit leaves the offsets unchanged', async () => {
    const stop = new AbortController();
    const { run } = await startConsole({ group: { refused: 9 } });
    const pause = async () => stop.abort();
    const stopped = await run(`${line} --yes`, { stop: stop.signal, pause });
    expect(stopped.error).toMatch(/^stopped: no offset was changed, but the mapping /);
  });

  it('after the commit does not prevent that the mapping is enabled', async () => {
    const { error, mapping } = await stopAt('PUT Enabled=true');
    expect(error).toBe(
      `the offsets are committed, but Lambda is still enabling the mapping ${uuid} (stopped)`,
    );
    expect(mapping.State).toBe('Enabling');
  });

  it('at the question declines', async () => {
    const { journal, run } = await startConsole();
    expect((await run(line, { ask: async () => false })).code).toBe(1);
    expect(journal).toEqual(untouched);
  });
});
