import { describe, expect, it } from 'vitest';
import { createReplayCommand } from '../../lambda/replay-command.ts';
import { fakeClock, invocation } from '../helpers/archive-parts.ts';
import { MemoryListing, RecordingRequests } from '../helpers/memory-listing.ts';

const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

function parts(listed = keys) {
  const failedBatches = new MemoryListing(listed.map((key) => ({ key, isReplayed: key === 'b' })));
  const requests = new RecordingRequests();
  const told: Readonly<Record<string, unknown>>[] = [];
  const telemetry = {
    commandDone: (_: string, result: (typeof told)[number]) => told.push(result),
  };
  const command = createReplayCommand({ clock: fakeClock(), failedBatches, requests, telemetry });
  return { command, requests, told };
}

describe('replay command', () => {
  it('puts every failed batch that is not replayed on the queue', async () => {
    const { command, requests, told } = parts();
    expect(await command({ command: 'replay' }, invocation)).toEqual({
      dryRun: false,
      scanned: 7,
      enqueued: 6,
      alreadyReplayed: 1,
      failedBatches: ['a', 'c', 'd', 'e', 'f', 'g'],
    });
    expect(requests.enqueued).toEqual([['a', 'c'], ['d', 'e', 'f'], ['g']]);
    expect(told).toEqual([
      { dryRun: false, scanned: 7, enqueued: 6, alreadyReplayed: 1, isComplete: true },
    ]);
  });

  it('enqueues nothing in a dry run', async () => {
    const { command, requests } = parts();
    const result = await command({ command: 'replay', dryRun: true, force: true }, invocation);
    expect(result).toMatchObject({ dryRun: true, enqueued: 7, failedBatches: keys });
    expect(requests.enqueued).toEqual([]);
  });

  it('names the first 100 keys', async () => {
    const many = Array.from({ length: 102 }, (_, index) => String(1000 + index));
    const { command } = parts(many);
    const result = await command({ command: 'replay' }, invocation);
    expect(result).toMatchObject({ enqueued: 102, failedBatches: many.slice(0, 100) });
  });

  it('stops when its time runs short, and continues from there', async () => {
    const { command, requests } = parts();
    // Without the margin of 5 s, 15 s are left: too few for another page.
    const short = { ...invocation, getRemainingTimeInMillis: () => 20_000 };
    const first = await command({ command: 'replay' }, short);
    expect(first).toMatchObject({ scanned: 3, enqueued: 2, continuation: 'c' });
    const { continuation } = first;
    const rest = await command({ command: 'replay', continuation }, invocation);
    expect(rest).toMatchObject({ scanned: 4, enqueued: 4 });
    expect(rest).not.toHaveProperty('continuation');
    expect(requests.enqueued.flat()).toEqual(['a', 'c', 'd', 'e', 'f', 'g']);
  });

  it('refuses an event that is not a command', async () => {
    const { command, requests } = parts();
    await expect(command({ detail: {} }, invocation)).rejects.toMatchObject({
      code: 'INVALID_EVENT',
    });
    expect(requests.enqueued).toEqual([]);
  });
});
