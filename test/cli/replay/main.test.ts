import { describe, expect, it } from 'vitest';
import { failureOf, startReplayServers } from './replay-servers.ts';

/** What the records of `replay-servers.ts` hold, as text and as events have it. */
const contents = ['u-17', Buffer.from('u-17').toString('base64'), '"order"', 'eyJvcmRlciI6MX0='];

describe('the replay command line', { timeout: 60_000 }, () => {
  it.each(['', ' --json'])('shows nothing of a record unless asked for records%s', async (flag) => {
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

  it('shows nothing of a record in a refusal', async () => {
    const { put, run } = await startReplayServers();
    const payload = JSON.stringify({ eventSource: 'aws:kafka', secret: 'u-17', records: 'u-17' });
    await put('k', JSON.stringify({ KafkaBatchInfo: { recordsInfo: {} }, payload }));
    expect(await failureOf(run('show k --records'))).toBe(
      "not a Kafka event: expected 'records' to be an object, got string",
    );
    await put('k', JSON.stringify({ KafkaBatchInfo: {}, payload: '{u-17' }));
    expect(await failureOf(run('show k --records'))).toBe('the payload of the entry is not JSON');
  });

  it('clears its progress, whatever came of it', async () => {
    const { progress, run } = await startReplayServers();
    await run('status');
    expect(progress.at(-1)).toBe('');
    await failureOf(run('show gone'));
    expect(progress.at(-1)).toBe('');
  });
});
