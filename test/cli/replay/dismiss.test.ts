import { describe, expect, it } from 'vitest';
import { minute, now, startReplayServers } from './replay-servers.ts';

const letter = {
  code: 'NO_PAYLOAD',
  reason: 'fetch orders-0 offset 1 from the topic',
  diedAt: new Date(now - 5 * minute).toISOString(),
};

describe('dismiss', { timeout: 60_000 }, () => {
  it('marks a failed batch as dismissed, and deletes its dead letters and no others', async () => {
    const { bury, exhaust, keysIn, questions, run, seed } = await startReplayServers();
    const [done, other] = [
      await seed({ ranges: { 0: [1, 3] } }),
      await seed({ ranges: { 1: [1, 3] } }),
    ];
    for (const key of [done, other, done]) bury(key, letter);
    exhaust(done);
    expect(await run(`dismiss ${done}`)).toEqual({
      code: 0,
      error: '',
      printed: ['Marked as dismissed, 3 dead letters deleted.'],
    });
    expect(questions).toEqual([`Dismiss '${done}' without a replay, and delete its dead letters?`]);
    expect(keysIn('dead')).toEqual([other]);
    const at = new Date(now).toISOString();
    expect((await run('status')).printed[0]).toBe(
      "Failed batches in 'failed': 0 waiting, 1 dead, 0 replayed, 1 dismissed",
    );
    const { counts, failedBatches } = JSON.parse(
      (await run('status --all --json')).printed.join(''),
    );
    expect(counts).toEqual({ waiting: 0, dead: 1, replayed: 0, dismissed: 1, deadLetters: 1 });
    const row = failedBatches.find((each: { key: string }) => each.key === done);
    expect(row).toMatchObject({ state: 'dismissed', dismissedAt: at });
    expect(row).not.toHaveProperty('replayedAt');
    expect((await run('status --all')).printed.join('\n')).toMatch(/ dismissed +aws/);
    expect((await run(`show ${done}`)).printed).toContain(`state            dismissed at ${at}`);
    const shown = JSON.parse((await run(`show ${done} --json`)).printed.join(''));
    expect(shown).toMatchObject({ state: 'dismissed', dismissedAt: at });
  });

  it('leaves the mark of a batch that was replayed, and deletes its dead letter', async () => {
    const { bury, keysIn, run, seed, tag } = await startReplayServers();
    const key = await seed({ ranges: { 0: [1, 3] } });
    const at = '2025-11-24T10:00:00.000Z';
    await tag(key, { status: 'replayed', 'replayed-at': at, objects: '2' });
    bury(key, letter);
    const { printed } = await run(`dismiss ${key}`);
    expect(printed).toEqual(['Already marked as replayed, 1 dead letter deleted.']);
    expect(keysIn('dead')).toEqual([]);
    expect((await run(`show ${key}`)).printed[1]).toContain('replayed at');
  });

  it('leaves the mark of a batch that was dismissed, and deletes its dead letter', async () => {
    const { bury, keysIn, run, seed } = await startReplayServers();
    const key = await seed({ ranges: { 0: [1, 3] } });
    await run(`dismiss ${key}`);
    bury(key, letter);
    expect(await run(`dismiss ${key}`, { now: () => now + minute })).toEqual({
      code: 0,
      error: '',
      printed: ['Already marked as dismissed, 1 dead letter deleted.'],
    });
    expect(keysIn('dead')).toEqual([]);
    const at = new Date(now).toISOString();
    expect((await run(`show ${key}`)).printed).toContain(`state            dismissed at ${at}`);
  });

  it('fails for a key that neither the bucket nor a dead letter has', async () => {
    const { bury, keysIn, run } = await startReplayServers();
    bury('other', letter);
    expect(await run('dismiss nosuch --json')).toEqual({
      code: 1,
      error: "'nosuch' is not in 'failed', and no dead letter names it: nothing was changed",
      printed: [],
    });
    expect(keysIn('dead')).toEqual(['other']);
  });

  it('leaves all other dead letters visible', async () => {
    const { bury, run, seed, sqs } = await startReplayServers();
    const key = await seed({ ranges: { 0: [1, 3] } });
    for (let i = 0; i < 25; i++) bury(`k${i}`, letter);
    await run(`dismiss ${key} --json`);
    expect(sqs.queue('dead').counts()).toEqual({ visible: 25, inFlight: 0, delayed: 0 });
  });

  it('deletes the dead letters of a batch that no longer exists', async () => {
    const { bury, keysIn, run } = await startReplayServers();
    bury('gone', { ...letter, code: 'FAILED_BATCH_NOT_FOUND' });
    const { printed } = await run('dismiss gone --json');
    expect(JSON.parse(printed.join(''))).toEqual({ marked: false, deleted: 1 });
    expect(keysIn('dead')).toEqual([]);
  });

  it('changes nothing if the user declines', async () => {
    const { bury, keysIn, run, seed } = await startReplayServers();
    const key = await seed({ ranges: { 0: [1, 3] } });
    bury(key, letter);
    const ask = async () => false;
    expect(await run(`dismiss ${key}`, { ask })).toEqual({
      code: 1,
      error: '',
      printed: ['Nothing was changed.'],
    });
    expect(keysIn('dead')).toEqual([key]);
    expect((await run('status --json')).printed.join('')).toContain('"dead": 1');
  });

  it('leaves the dead letters if the batch cannot be marked', async () => {
    const refused = { kind: 'error', status: 403, code: 'AccessDenied' } as const;
    const { bury, keysIn, run, seed } = await startReplayServers({
      s3: ({ operation }) => (operation === 'PutObjectTagging' ? refused : undefined),
    });
    const key = await seed({ ranges: { 0: [1, 3] } });
    bury(key, letter);
    expect((await run(`dismiss ${key}`)).error).toBe(
      `marking '${key}' as dismissed failed: AccessDenied, HTTP 403: Access Denied`,
    );
    expect(keysIn('dead')).toEqual([key]);
  });
});

describe('a dead letter that was redriven and then moved by SQS', () => {
  it('does not keep its earlier reason', async () => {
    const { exhaustAgain, run, seed } = await startReplayServers();
    exhaustAgain(await seed({ ranges: { 0: [1, 3] } }), 'LOAD_FAILED');
    const { printed } = await run('status');
    expect(printed.join('\n')).toContain('dead: attempts exhausted');
    expect(printed.join('\n')).not.toContain('LOAD_FAILED');
  });
});
