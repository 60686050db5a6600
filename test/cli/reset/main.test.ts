import { describe, expect, it } from 'vitest';
import { failureOf } from '../replay/replay-servers.ts';
import type { Refusal } from './lambda-server.ts';
import { ordersMapping, startConsole, uuid } from './reset-console.ts';

const line = `--topic orders --to-earliest --mapping ${uuid}`;
const enable = `aws lambda update-event-source-mapping --uuid ${uuid} --enabled`;
const untouched = ['GET Enabled', 'open shop-orders orders', 'close'];
const disabling = ['PUT Enabled=false', 'GET Disabling', 'GET Disabled'];
const enabling = ['PUT Enabled=true', 'GET Enabling', 'GET Enabled'];
const [head, looked] = [untouched.slice(0, 2), ['close']];

const table = [
  `topic 'orders', group 'shop-orders', mapping ${uuid} (Enabled): to earliest`,
  '',
  'partition  committed  target  difference  meaning',
  '0          100        40      -60         60 read again',
  '1          50         40      -10         10 read again',
  '',
  'At most 70 records are read again. Batches with the bounds they had are found stored; others',
  'make objects that overlap older ones, exact by topic, partition and offset. Nothing is overwritten.',
];

/** A fault of one kind of request, so many times. */
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
  it('disables, waits for the group, commits, reads back, enables: in this order', async () => {
    const { journal, printed, questions, run } = await startConsole({ group: { members: [2, 1] } });
    expect(await run(line)).toBe(true);
    expect(journal).toEqual([
      ...head,
      ...disabling,
      ...['members 2', 'members 1', 'members 0', 'commit 0:40 1:40'],
      ...enabling,
      ...looked,
    ]);
    expect(questions).toEqual([
      "Move 2 partitions of 'orders', with the mapping disabled for some minutes?",
    ]);
    expect(printed).toEqual([
      ...table,
      `disabled: mapping ${uuid}`,
      "empty: group 'shop-orders'",
      "committed and read back: 2 partitions of 'orders'",
      `enabled: mapping ${uuid}`,
      'done',
    ]);
  });

  it('waits for members that the broker alone sees', async () => {
    const { journal, run } = await startConsole({ group: { refused: 2 } });
    expect(await run(`${line} --yes`)).toBe(true);
    expect(journal.filter((each) => each === 'commit 0:40 1:40')).toHaveLength(3);
    expect(journal.slice(-4)).toEqual([...enabling, 'close']);
  });

  it('counts from where the group was in the end, and keeps to what was agreed to', async () => {
    const console = await startConsole({
      lambda: { onState: (state) => state === 'Disabled' && console.advance(1, 70) },
    });
    expect(await console.run(`${line} --json --yes`)).toBe(true);
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
    ['--dry-run', {}, true, 'a dry run: nothing was changed'],
    ['', { ask: async () => false }, false, 'nothing was changed'],
    ['', { ask: undefined }, false, 'nothing was changed; --yes goes on'],
  ])('shows the table, and changes nothing: %s %j', async (flag, deps, isDone, end) => {
    const { journal, printed, run } = await startConsole();
    expect(await run(`${line} ${flag}`.trim(), deps)).toBe(isDone);
    expect(printed).toEqual([...table, end]);
    expect(journal).toEqual(untouched);
  });

  it('does nothing where the group is there', async () => {
    const { journal, printed, run } = await startConsole({ group: { targets: [100, 50] } });
    expect(await run(line)).toBe(true);
    expect(printed.at(-1)).toBe('the group is there already: nothing was changed');
    expect(journal).toEqual(untouched);
  });

  it('skips nothing without --allow-skip', async () => {
    const group = { targets: [100, 80] };
    const refused = await startConsole({ group });
    expect(await failureOf(refused.run(`${line} --yes`))).toBe(
      'to skip 30 records, and not archive them, needs --allow-skip; see --help',
    );
    expect(refused.journal).toEqual(untouched);
    expect(refused.printed.at(-1)).toBe(
      'WARNING: at most 30 records are SKIPPED: the group never reads them, and they are NOT ARCHIVED.',
    );
    const allowed = await startConsole({ group });
    expect(await allowed.run(`${line} --yes --allow-skip`)).toBe(true);
    expect(allowed.journal).toContain('commit 0:100 1:80');
  });
});

describe('a mapping that is disabled', () => {
  const mapping = () => ordersMapping({ State: 'Disabled' });

  it('stays so', async () => {
    const { journal, run } = await startConsole({ mapping: mapping() });
    expect(await run(`${line} --yes`)).toBe(true);
    expect(journal).toEqual([
      'GET Disabled',
      'open shop-orders orders',
      ...['members 0', 'members 0', 'commit 0:40 1:40', 'close'],
    ]);
  });

  it('is enabled by --enable, also where the offsets are there', async () => {
    const { journal, run } = await startConsole({
      mapping: mapping(),
      group: { targets: [100, 50] },
    });
    expect(await run(`${line} --yes --enable`)).toBe(true);
    expect(journal.slice(-5)).toEqual(['commit 0:100 1:50', ...enabling, 'close']);
  });

  it('is refused while something reads with its group', async () => {
    const { journal, run } = await startConsole({ mapping: mapping(), group: { members: [2] } });
    expect(await failureOf(run(line))).toBe(
      "the group 'shop-orders' has 2 members: stop what reads with it first; nothing was changed",
    );
    expect(journal).not.toContain('commit 0:40 1:40');
  });

  it('is refused while the broker sees members', async () => {
    const { journal, run } = await startConsole({ mapping: mapping(), group: { refused: 1 } });
    expect(await failureOf(run(`${line} --yes`))).toBe(
      `the group 'shop-orders' has members, which the broker alone sees: stop what reads with it first; what the offsets are now, --dry-run shows; mapping ${uuid} is disabled, as it was`,
    );
    expect(journal).not.toContain('PUT Enabled=true');
  });

  it('is left alone while Lambda changes it', async () => {
    const console = await startConsole({ mapping: ordersMapping({ State: 'Updating' }) });
    expect(await failureOf(console.run(line))).toBe(
      `mapping ${uuid} is 'Updating': try again when it is Enabled or Disabled`,
    );
    expect(console.journal).toEqual(['GET Updating']);
  });
});

describe('a failure', () => {
  it('of the commit leaves the mapping enabled', async () => {
    const { journal, run } = await startConsole({ group: { refusal: new Error('no quorum') } });
    expect(await failureOf(run(`${line} --yes`))).toBe(
      `no quorum; what the offsets are now, --dry-run shows; mapping ${uuid} is enabled again`,
    );
    expect(journal).toEqual([
      ...head,
      ...disabling,
      ...['members 0', 'commit 0:40 1:40'],
      ...enabling,
      ...looked,
    ]);
  });

  it('to read back what was committed is told, with the mapping enabled', async () => {
    const { run } = await startConsole({ group: { left: [40, 41] } });
    expect(await failureOf(run(`${line} --yes`))).toBe(
      `partition 1 reads 41 back, not 40; what the offsets are now, --dry-run shows; mapping ${uuid} is enabled again`,
    );
  });

  it('of a group to become empty gives up, with the mapping enabled and no offset changed', async () => {
    const members = Array.from({ length: 300 }, () => 1);
    const { journal, run } = await startConsole({ group: { members } });
    expect(await failureOf(run(`${line} --yes`))).toBe(
      `the group 'shop-orders' has 1 member, after ten minutes; no offset was changed; mapping ${uuid} is enabled again`,
    );
    expect(journal.filter((each) => each === 'members 1')).toHaveLength(300);
    expect(journal).not.toContain('commit 0:40 1:40');
    expect(journal.slice(-4)).toEqual([...enabling, 'close']);
  });

  it('to disable changes nothing', async () => {
    const fault = faultOf('PUT Enabled=false', denied);
    const { journal, run } = await startConsole({ lambda: { fault } });
    expect(await failureOf(run(`${line} --yes`))).toBe(
      `disabling the event source mapping ${uuid} failed: AccessDeniedException, HTTP 403: you may not; nothing was changed`,
    );
    expect(journal).toEqual([...head, 'PUT Enabled=false', 'close']);
  });

  it.each([
    ['ServiceException', 500],
    // What a second try is answered, while the first one is carried out.
    ['ResourceInUseException', 400],
  ])(
    'of an answer that is lost enables the mapping, should it be disabled: %s',
    async (type, status) => {
      const lost = { status, type, message: 'lost', isDone: true };
      const fault = faultOf('PUT Enabled=false', lost);
      const { journal, mapping, run } = await startConsole({ lambda: { fault } });
      expect(await failureOf(run(`${line} --yes`))).toBe(
        `disabling the event source mapping ${uuid} failed: ${type}, HTTP ${status}: lost; no offset was changed; mapping ${uuid} is enabled again`,
      );
      expect(mapping.State).toBe('Enabled');
      expect(journal.slice(-4)).toEqual([...enabling, 'close']);
    },
  );

  it('to enable is loud, and has the command that does', async () => {
    const fault = faultOf('PUT Enabled=true', denied);
    const { run } = await startConsole({ lambda: { fault } });
    expect(await failureOf(run(`${line} --yes`))).toBe(
      `the offsets are committed, but mapping ${uuid} is NOT ENABLED (enabling the event source mapping ${uuid} failed: AccessDeniedException, HTTP 403: you may not): ${enable}`,
    );
  });

  it('to enable after a failed commit tells both', async () => {
    const { run } = await startConsole({
      group: { refusal: new Error('no quorum') },
      lambda: { fault: faultOf('PUT Enabled=true', denied) },
    });
    expect(await failureOf(run(`${line} --yes --region eu-west-1`))).toBe(
      `no quorum; what the offsets are now, --dry-run shows; mapping ${uuid} is NOT ENABLED (enabling the event source mapping ${uuid} failed: AccessDeniedException, HTTP 403: you may not): ${enable} --region eu-west-1`,
    );
  });

  it('to enable while Lambda is at it still is tried again', async () => {
    const { journal, run } = await startConsole({
      lambda: { fault: faultOf('PUT Enabled=true', inUse, 2) },
    });
    expect(await run(`${line} --yes`)).toBe(true);
    expect(journal.filter((each) => each === 'PUT Enabled=true')).toHaveLength(3);
  });
});

describe('Ctrl-C', () => {
  /** Stops at a request. */
  async function stopAt(wanted: string, more = '') {
    const stop = new AbortController();
    const console = await startConsole({
      lambda: {
        fault: (request) => {
          if (request === wanted) stop.abort();
          return undefined;
        },
      },
    });
    const failure = await failureOf(console.run(`${line} --yes${more}`, { stop: stop.signal }));
    return { failure, ...console };
  }

  it('before anything is asked of Lambda changes nothing', async () => {
    const stop = AbortSignal.abort();
    const { journal, run } = await startConsole();
    expect(await failureOf(run(`${line} --yes`, { stop }))).toBe('stopped');
    expect(journal).toEqual([]);
  });

  it.each(['PUT Enabled=false', 'GET Disabling', 'GET Disabled'])(
    'at %s leaves the offsets, and says how to go on',
    async (wanted) => {
      const { failure, journal } = await stopAt(wanted);
      expect(failure).toBe(
        `stopped: no offset was changed, but mapping ${uuid} is DISABLED, or about to be, and 'orders' is not archived; go on by the same command with --enable, or enable it: ${enable}`,
      );
      expect(journal).not.toContain('commit 0:40 1:40');
      expect(journal).not.toContain('PUT Enabled=true');
    },
  );

  it('while the broker refuses the commit leaves the offsets', async () => {
    const stop = new AbortController();
    const { run } = await startConsole({ group: { refused: 9 } });
    const pause = async () => stop.abort();
    const stopped = run(`${line} --yes`, { stop: stop.signal, pause });
    expect(await failureOf(stopped)).toMatch(/^stopped: no offset was changed, but mapping /);
  });

  it('once the offsets are committed does not keep the mapping from being enabled', async () => {
    const { failure, mapping } = await stopAt('PUT Enabled=true');
    expect(failure).toBe(
      `the offsets are committed, but mapping ${uuid} was told to enable, and goes on with it by itself (stopped)`,
    );
    expect(mapping.State).toBe('Enabling');
  });

  it('at the question is a no', async () => {
    const { journal, run } = await startConsole();
    expect(await run(line, { ask: async () => false })).toBe(false);
    expect(journal).toEqual(untouched);
  });
});

describe('--print-commands', () => {
  it('asks AWS for the mapping alone, and no broker', async () => {
    const { journal, printed, run } = await startConsole();
    const open = async () => Promise.reject(new RangeError('a broker was asked'));
    expect(await run(`${line} --print-commands`, { openGroup: open })).toBe(true);
    expect(journal).toEqual(['GET Enabled']);
    expect(printed).toContain('BROKERS=b:9092');
    expect(printed.filter((each) => each.includes('--group shop-orders'))).toHaveLength(5);
  });

  it('asks nobody where group and mapping are given', async () => {
    const { journal, printed, run } = await startConsole();
    expect(await run(`${line} --group mine --print-commands`)).toBe(true);
    expect(journal).toEqual([]);
    expect(printed).toContain(enable);
  });
});
