import { describe, expect, it } from 'vitest';
import { createS3ResetNotes } from '../../../lambda/io/s3-reset-notes.ts';
import type { ServerFault } from '../../../tools/local/server-fault.ts';
import { startServer } from '../../../tools/local/test/s3-server/running-server.ts';
import { archiveVariables, shopOutputs } from '../mapping/deployed-archive.ts';
import { describedStack, startStacks } from '../stacks-server.ts';
import { type ConsoleOptions, now, startConsole, uuid } from './reset-console.ts';

const ok = { code: 0, error: '' };
const forward: ConsoleOptions = {
  group: { targets: [100, 80] },
  lambda: { variables: archiveVariables },
};
const patient = { signal: new AbortController().signal, attemptTimeout: 10_000 };

/** A stack with these outputs, its bucket for derived data, and a group that a reset moves forward. */
async function start(given: ConsoleOptions = forward, outputs = shopOutputs) {
  const faults: ServerFault[] = [];
  const journal: string[] = [];
  const { client, endpoint } = await startServer({
    buckets: ['derived'],
    fault: ({ operation }) => {
      journal.push(operation);
      return faults.shift();
    },
  });
  await startStacks(describedStack(outputs));
  const console = await startConsole(given);
  const notes = createS3ResetNotes(client, { bucket: 'derived', objectPrefix: 'shop/' });
  const flags = `--topic orders --to-latest --yes --s3-endpoint ${endpoint} --region eu-west-1`;
  return {
    ...{
      faults,
      journal,
      console,
      commits: () => console.journal.filter((each) => /^commit/.test(each)),
    },
    run: (line: string) => console.run(`${flags} ${line}`),
    notes: () => notes.load('orders', patient),
  };
}

describe('the note of a reset', () => {
  it('has what is skipped, and is written before the group is moved', async () => {
    const { commits, faults, notes, run } = await start();
    faults.push({ kind: 'error', status: 403, code: 'AccessDenied' });
    const { code, error } = await run('--stack Shop --allow-skip');
    expect(code).toBe(1);
    expect(error).toMatch(
      /^cannot note the skipped offsets: put of '.*' failed: AccessDenied, HTTP 403; --no-note skips without a note, and the audit then reports the offsets as lost; no offset was changed; the mapping .* is enabled again$/,
    );
    expect(commits()).toEqual([]);

    expect(await run('--stack Shop --allow-skip')).toEqual(ok);
    expect(commits()).toEqual(['commit 0:100 1:80']);
    expect(await notes()).toEqual([
      {
        ...{ format: 1, topic: 'orders', group: 'shop-orders' },
        at: new Date(now).toISOString(),
        skipped: [{ partition: 1, first: 50, last: 79 }],
      },
    ]);
  });

  it('has what the final plan skips', async () => {
    const { console, notes, run } = await start({
      ...forward,
      lambda: {
        ...forward.lambda,
        onState: (state) => state === 'Disabled' && console.advance(1, 70),
      },
    });
    expect(await run('--stack Shop --allow-skip')).toEqual(ok);
    expect(await notes()).toMatchObject([{ skipped: [{ partition: 1, first: 70, last: 79 }] }]);
  });

  it('has what the group reads again, which earlier notes explain no more', async () => {
    const { notes, run } = await start({ ...forward, group: { targets: [100, 40] } });
    expect(await run('--stack Shop')).toEqual(ok);
    expect(await notes()).toMatchObject([
      { skipped: [], again: [{ partition: 1, first: 40, last: 49 }] },
    ]);
  });

  it.each([
    ['is told not to', forward, '--stack Shop --allow-skip --no-note'],
    ['moves another group than the mapping’s', forward, '--stack Shop --allow-skip --group mine'],
    ['knows no stack', forward, `--mapping ${uuid} --allow-skip`],
  ])('is not written by a reset that %s', async (_, given, line) => {
    const { commits, journal, run } = await start(given);
    expect(await run(line)).toEqual(ok);
    expect(commits()).toHaveLength(1);
    expect(journal).not.toContain('PutObject');
  });

  it('is not written if the stack has no bucket for derived data', async () => {
    const outputs = shopOutputs.filter(({ name }) => name !== 'DerivedBucketName');
    const { console, journal, run } = await start(forward, outputs);
    expect(await run('--stack Shop --allow-skip')).toEqual(ok);
    expect(console.journal).not.toContain('GET configuration');
    expect(journal).not.toContain('PutObject');
  });

  it('is found out about before anything changes', async () => {
    const { console, run } = await start({ ...forward, lambda: {} });
    const { code, error } = await run('--stack Shop --allow-skip');
    expect([code, error]).toEqual([1, expect.stringContaining('ARCHIVE_BUCKET')]);
    expect(console.journal.filter((each) => /^(PUT|commit)/.test(each))).toEqual([]);
  });
});
