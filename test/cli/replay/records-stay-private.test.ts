import { describe, expect, it } from 'vitest';
import { startReplayServers } from './replay-servers.ts';

/** What the records of `replay-servers.ts` hold, as text and as events have it. */
const contents = ['u-17', Buffer.from('u-17').toString('base64'), '"order"', 'eyJvcmRlciI6MX0='];

describe('the commands for failed batches', { timeout: 60_000 }, () => {
  it.each(['', ' --json'])('print no part of a record without --records%s', async (flag) => {
    const { bury, progress, questions, run, seed } = await startReplayServers();
    const key = await seed({ ranges: { 0: [1, 3] } });
    bury(key, { code: 'LOAD_FAILED', reason: 'SlowDown, HTTP 503' });
    const said: string[] = [];
    for (const line of ['status --all', 'run --dry-run', 'run', `show ${key}`, 'redrive']) {
      said.push(...(await run(`${line}${flag}`)).printed);
    }
    said.push(...progress, ...questions);
    expect(contents.filter((content) => said.join('\n').includes(content))).toEqual([]);
    const { printed } = await run(`show ${key} --records${flag}`);
    expect(printed.join('\n')).toContain('"key":"u-17"');
  });

  it('print no part of a record in an error message', async () => {
    const { put, run } = await startReplayServers();
    const payload = JSON.stringify({ eventSource: 'aws:kafka', secret: 'u-17', records: 'u-17' });
    await put('k', JSON.stringify({ KafkaBatchInfo: { recordsInfo: {} }, payload }));
    expect((await run('show k --records')).error).toBe(
      "not a Kafka event: expected 'records' to be an object, got string",
    );
    await put('k', JSON.stringify({ KafkaBatchInfo: {}, payload: '{u-17' }));
    expect((await run('show k --records')).error).toBe('the payload of the entry is not JSON');
  });

  it('clear their progress, also after a failure', async () => {
    const { progress, run } = await startReplayServers();
    await run('status');
    expect(progress.at(-1)).toBe('');
    await run('show gone');
    expect(progress.at(-1)).toBe('');
  });
});
