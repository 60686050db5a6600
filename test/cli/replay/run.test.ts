import { describe, expect, it } from 'vitest';
import { hour, minute, startReplayServers } from './replay-servers.ts';

/** Failed batches of two topics, one of which is replayed. */
async function someBatches(...given: Parameters<typeof startReplayServers>) {
  const servers = await startReplayServers(...given);
  const { seed, tag } = servers;
  const keys = {
    old: await seed({ ranges: { 0: [0, 9] }, ago: 25 * hour }),
    recent: await seed({ ranges: { 0: [10, 19] }, ago: hour }),
    payments: await seed({ topic: 'payments', ranges: { 1: [5, 5] }, ago: 30 * minute }),
    replayed: await seed({ ranges: { 2: [1, 2] }, ago: hour }),
  };
  await tag(keys.replayed, { status: 'replayed', 'replayed-at': '2025-11-24T10:00:00.000Z' });
  return { ...servers, keys };
}

describe('run', { timeout: 60_000 }, () => {
  it('puts every unreplayed batch on the replay queue', async () => {
    const { keys, keysIn, questions, run } = await someBatches();
    const rest = '(4 examined, 1 skipped as replayed or dismissed before)';
    expect(await run('run')).toEqual({
      code: 0,
      error: '',
      printed: [`Put 3 failed batches on the replay queue ${rest}.`],
    });
    expect(questions).toEqual([`Put 3 failed batches on the replay queue ${rest}?`]);
    expect(keysIn('replay')).toEqual([keys.old, keys.payments, keys.recent].sort());
  });

  it.each([
    ['--force', ['old', 'payments', 'recent', 'replayed']],
    ['--topic payments', ['payments']],
    ['--topic pay', []],
    ['--since 2h', ['recent', 'payments']],
    ['--since 60m', ['recent', 'payments']],
    ['--since 3599s', ['payments']],
    ['--until 1d', ['old']],
    ['--until 60m', ['old']],
    ['--since 2025-11-24T09:53:20Z --until 2025-11-24T10:23:20Z', ['recent']],
    ['--prefix aws/lambda/m-1/payments', ['payments']],
    ['--prefix elsewhere/', []],
    ['--since 2h --topic orders --force', ['recent', 'replayed']],
  ] as const)('selects with "%s"', async (flags, names) => {
    const { keys, keysIn, run } = await someBatches();
    expect((await run(`run --yes ${flags}`)).code).toBe(0);
    expect(keysIn('replay')).toEqual(names.map((name) => keys[name]).sort());
  });

  it('leaves out an empty object, such as a folder that the S3 console creates', async () => {
    const { keys, keysIn, put, run } = await someBatches();
    await put('a folder/', '');
    expect((await run('run --force --yes')).printed).toEqual([
      'Put 4 failed batches on the replay queue (4 examined).',
    ]);
    expect(keysIn('replay')).toEqual(Object.values(keys).sort());
  });

  it('only lists the batches with --dry-run', async () => {
    const { keys, questions, run, sqs } = await someBatches();
    expect(await run('run --dry-run', { ask: undefined })).toEqual({
      code: 0,
      error: '',
      printed: [
        'Would put 3 failed batches on the replay queue (4 examined, 1 skipped as replayed or dismissed before).',
        '',
        'TOPIC     PARTITION  OFFSETS   AGE  CONDITION               KEY',
        `orders    0          0 to 9    25h  RetryAttemptsExhausted  ${keys.old}`,
        `orders    0          10 to 19  60m  RetryAttemptsExhausted  ${keys.recent}`,
        `payments  1          5         30m  RetryAttemptsExhausted  ${keys.payments}`,
      ],
    });
    expect(questions).toEqual([]);
    expect(sqs.queue('replay').peek()).toEqual([]);
  });

  it('prints the same JSON as the replay function returns', async () => {
    const { keys, keysIn, run } = await someBatches();
    const answer = {
      ...{ scanned: 4, enqueued: 2, alreadyReplayed: 1 },
      failedBatches: [keys.old, keys.recent].sort(),
    };
    const line = 'run --topic orders --json';
    const dry = await run(`${line} --dry-run`);
    expect(dry.printed.map((text) => JSON.parse(text))).toEqual([{ dryRun: true, ...answer }]);
    expect(keysIn('replay')).toEqual([]);
    const { printed } = await run(`${line} --yes`);
    expect(printed.map((text) => JSON.parse(text))).toEqual([{ dryRun: false, ...answer }]);
    expect(keysIn('replay')).toEqual(answer.failedBatches);
  });

  it('changes nothing if the user declines', async () => {
    const { keysIn, run } = await someBatches();
    const ask = async () => false;
    const printed = ['Nothing was changed.'];
    expect(await run('run', { ask })).toEqual({ code: 1, error: '', printed });
    expect(keysIn('replay')).toEqual([]);
  });

  it('does not ask if nothing is selected', async () => {
    const { questions, run } = await someBatches();
    expect(await run('run --prefix elsewhere/')).toEqual({
      code: 0,
      error: '',
      printed: ['Put 0 failed batches on the replay queue (0 examined).'],
    });
    expect(questions).toEqual([]);
  });

  it('reads all pages and shows its progress', async () => {
    const { keysIn, progress, put, run } = await startReplayServers();
    const keys = Array.from({ length: 261 }, (_, index) => `k-${index}`);
    await Promise.all(keys.map((key) => put(key, '{}')));
    await run('run --yes');
    expect(keysIn('replay')).toEqual(keys.sort());
    expect(progress.slice(0, 2)).toEqual([
      '250 failed batches examined, 250 selected',
      '261 failed batches examined, 261 selected',
    ]);
    expect(progress).toContain('100 of 261 failed batches on the replay queue');
    expect(progress.slice(-2)).toEqual(['261 of 261 failed batches on the replay queue', '']);
  });

  it('reports how many batches it sent before the queue refused', async () => {
    let sends = 0;
    const { keysIn, put, run } = await startReplayServers({
      sqs: ({ operation }) => {
        if (operation !== 'SendMessageBatch') return undefined;
        sends += 1;
        return sends > 5 ? { kind: 'error', status: 403, code: 'AccessDenied' } : undefined;
      },
    });
    const keys = Array.from({ length: 200 }, (_, index) => `k-${index}`);
    await Promise.all(keys.map((key) => put(key, '{}')));
    expect((await run('run --yes')).error).toBe(
      '50 of 200 failed batches are on the replay queue, the others are not: sending to the replay queue failed: AccessDenied, HTTP 403',
    );
    expect(keysIn('replay')).toHaveLength(50);
    // Not one try for each of the rest.
    expect(sends).toBeLessThanOrEqual(9);
  });

  it('reports how many batches it sent before the user stopped it', async () => {
    const stop = new AbortController();
    const { keysIn, put, run } = await startReplayServers();
    const keys = Array.from({ length: 100 }, (_, index) => `k-${index}`);
    await Promise.all(keys.map((key) => put(key, '{}')));
    const progress = (line: string) => {
      if (line.endsWith('on the replay queue')) stop.abort();
    };
    expect((await run('run --yes', { progress, stop: stop.signal })).error).toMatch(
      /^stopped: [1-4]0 of 100 failed batches are on the replay queue$/,
    );
    expect(keysIn('replay').length).toBeLessThan(100);
  });
});
