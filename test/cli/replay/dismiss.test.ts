import { describe, expect, it } from 'vitest';
import { minute, now, startReplayServers } from './replay-servers.ts';

const letter = {
  code: 'NO_PAYLOAD',
  reason: 'fetch orders-0 offset 1 from the topic',
  diedAt: new Date(now - 5 * minute).toISOString(),
};

describe('dismiss', { timeout: 60_000 }, () => {
  it('marks a failed batch as done manually, and deletes its dead letters and no others', async () => {
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
      printed: ['Marked as done manually, 3 dead letters deleted.'],
    });
    expect(questions).toEqual([`Dismiss '${done}' without a replay, and delete its dead letters?`]);
    expect(keysIn('dead')).toEqual([other]);
    const { printed } = await run('status --all --json');
    expect(JSON.parse(printed.join(''))).toMatchObject({
      counts: { waiting: 0, dead: 1, replayed: 1, deadLetters: 1 },
    });
    const shown = (await run(`show ${done}`)).printed.join('\n');
    expect(shown).toContain(`done manually at ${new Date(now).toISOString()}`);
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
    expect((await run(`dismiss ${key}`)).error).toMatch(/mark(ing)? '.*' as replayed failed/);
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
