import { describe, expect, it } from 'vitest';
import type { MoveTask, MoveTasks } from '../../../cli/replay/move-tasks.ts';
import { type RedriveParts, redriveAll } from '../../../cli/replay/redrive.ts';
import { ArchiverError } from '../../../lambda/core/errors.ts';
import { failureOf, startReplayServers } from './replay-servers.ts';

const refused = { code: 'STORE_WRITE_FAILED', reason: 'AccessDenied, HTTP 403' };
const keys = Array.from({ length: 25 }, (_, index) => `k-${index}`).sort();
const question = 'Move 25 dead letters back to the replay queue?';
const done =
  "About 25 dead letters moved back to the replay queue. Follow them with 'kafka-archive status'.";

/** Dead letters of the function and, the last of them, of SQS. */
async function startWithLetters(...given: Parameters<typeof startReplayServers>) {
  const servers = await startReplayServers(...given);
  for (const key of keys.slice(0, -1)) servers.bury(key, refused);
  servers.exhaust(keys.at(-1) ?? '');
  return servers;
}

describe('redrive', { timeout: 60_000 }, () => {
  it('moves every dead letter back to the replay queue unchanged', async () => {
    const { keysIn, questions, run, sqs } = await startWithLetters();
    const before = sqs.queue('dead').peek();
    expect(await run('redrive')).toEqual({ code: 0, error: '', printed: [done] });
    expect(questions).toEqual([question]);
    expect(keysIn('dead')).toEqual([]);
    expect(keysIn('replay')).toEqual(keys);
    const bodies = (messages: typeof before) => messages.map(({ body }) => body).sort();
    expect(bodies(sqs.queue('replay').peek())).toEqual(bodies(before));
  });

  it('does not ask with --yes, and prints JSON with --json', async () => {
    const { keysIn, progress, questions, run } = await startWithLetters();
    const { printed } = await run('redrive --yes --json');
    expect(printed.map((text) => JSON.parse(text))).toEqual([{ outcome: 'done', moved: 25 }]);
    expect(questions).toEqual([]);
    expect(new Set(progress)).toEqual(new Set(['']));
    expect(keysIn('replay')).toEqual(keys);
  });

  it('changes nothing if the user declines', async () => {
    const { keysIn, run } = await startWithLetters();
    expect(await run('redrive', { ask: async () => false })).toEqual({
      code: 1,
      error: '',
      printed: ['Nothing was changed.'],
    });
    expect(keysIn('dead')).toEqual(keys);
    expect(keysIn('replay')).toEqual([]);
  });

  it('succeeds if there are no dead letters', async () => {
    const { questions, run } = await startReplayServers();
    const printed = ['There are no dead letters.'];
    expect(await run('redrive')).toEqual({ code: 0, error: '', printed });
    expect(questions).toEqual([]);
  });

  it('fails if another reader is receiving all dead letters', async () => {
    const { bury, run, sqs } = await startReplayServers();
    bury('k', refused);
    sqs.queue('dead').receive(1);
    expect((await run('redrive')).error).toBe(
      'no dead letter is visible, but another reader is receiving 1 dead letter: try again in a minute',
    );
  });

  it('follows a task that is already running', async () => {
    const { bury, keysIn, questions, run, sqs } = await startReplayServers();
    for (const key of ['a', 'b', 'c']) bury(key, refused);
    // At this rate the third waits for a second.
    const first = run('redrive --yes --max-per-second 2');
    await sqs.queue('replay').receiveWhenThere(1, { signal: AbortSignal.timeout(20_000) });
    const { printed } = await run('redrive');
    expect(printed).toEqual([
      expect.stringMatching(/^Following the move task that started at 20\S+Z\.$/),
      "About 3 dead letters moved back to the replay queue. Follow them with 'kafka-archive status'.",
    ]);
    expect(questions).toEqual([]);
    await first;
    expect(keysIn('replay')).toEqual(['a', 'b', 'c']);
  });

  it('fails with the reason of SQS', async () => {
    const { keysIn, run } = await startWithLetters({
      sqs: ({ operation }) =>
        operation === 'StartMessageMoveTask'
          ? { kind: 'error', status: 403, code: 'AccessDenied' }
          : undefined,
    });
    expect((await run('redrive')).error).toBe(
      'starting a move task failed: AccessDenied, HTTP 403',
    );
    expect(keysIn('dead')).toEqual(keys);
  });
});

/** Tasks that were listed before a redrive, and are each time after that. */
function tasksOf(before: MoveTask | undefined, after: readonly (MoveTask | undefined)[]) {
  const left = [before, ...after];
  const started: (number | undefined)[] = [];
  const tasks: MoveTasks = {
    latest: async () => (left.length > 1 ? left.shift() : left[0]),
    start: async (maxPerSecond) => {
      started.push(maxPerSecond);
    },
  };
  return { started, tasks };
}

function partsOf(tasks: MoveTasks, given: Partial<RedriveParts> = {}) {
  const told: string[] = [];
  const parts: RedriveParts = {
    ...{ attemptTimeout: 1, signal: new AbortController().signal, maxPerSecond: undefined },
    ...{ counts: { visible: 4, inFlight: 0, delayed: 0 }, tasks },
    confirm: async () => true,
    pause: async () => undefined,
    progress: (line) => told.push(line),
    tell: (line) => told.push(line),
    ...given,
  };
  return { parts, told };
}

const task = (status: string, given: Partial<MoveTask> = {}): MoveTask => ({
  ...{ status, startedAt: 1_763_982_000_000, moved: 1, toMove: 4, reason: undefined, ...given },
});

describe('a move task', () => {
  it('is started with the given rate and followed to its end', async () => {
    const after = [task('RUNNING', { moved: 0 }), task('RUNNING'), task('COMPLETED')];
    const { started, tasks } = tasksOf(undefined, after);
    const { parts, told } = partsOf(tasks, { maxPerSecond: 7 });
    // It is done before all are counted.
    expect(await redriveAll(parts)).toEqual({ outcome: 'done', moved: 4 });
    expect(started).toEqual([7]);
    expect(told).toEqual([
      '0 of 4 dead letters moved',
      '1 of 4 dead letters moved',
      '1 of 4 dead letters moved',
    ]);
  });

  it('is not confused with the previous task, which stays listed for a while', async () => {
    const before = task('COMPLETED', { startedAt: 1, toMove: 9 });
    const { tasks } = tasksOf(before, [before, undefined, before, task('COMPLETED', { moved: 3 })]);
    expect(await redriveAll(partsOf(tasks).parts)).toEqual({ outcome: 'done', moved: 4 });
  });

  it('that never appears in the list is a failure', async () => {
    const { tasks } = tasksOf(undefined, [undefined]);
    expect(await failureOf(redriveAll(partsOf(tasks).parts))).toBe(
      'the move task was started, but SQS does not list it',
    );
  });

  it.each([
    [
      'FAILED',
      'KmsAccessDenied',
      'the move task ended as FAILED after 1 of 4 dead letters: KmsAccessDenied',
    ],
    ['CANCELLED', undefined, 'the move task ended as CANCELLED after 1 of 4 dead letters'],
  ])('that ends %s is a failure', async (status, reason, message) => {
    const { tasks } = tasksOf(undefined, [task('RUNNING'), task(status, { reason })]);
    expect(await failureOf(redriveAll(partsOf(tasks).parts))).toBe(message);
  });

  it('that is running or being cancelled is followed without a question', async () => {
    const { started, tasks } = tasksOf(task('CANCELLING'), [task('CANCELLED')]);
    const { parts, told } = partsOf(tasks, { confirm: async () => false });
    expect(await failureOf(redriveAll(parts))).toBe(
      'the move task ended as CANCELLED after 1 of 4 dead letters',
    );
    expect(told[0]).toBe('Following the move task that started at 2025-11-24T11:00:00.000Z.');
    expect(started).toEqual([]);
  });

  it('that someone else just started is followed', async () => {
    const { tasks } = tasksOf(undefined, [task('RUNNING'), task('COMPLETED')]);
    const start = async () => {
      throw new ArchiverError('QUEUE_FAILED', 'there is already a task running');
    };
    const { parts } = partsOf({ ...tasks, start });
    expect(await redriveAll(parts)).toEqual({ outcome: 'done', moved: 4 });
  });

  it('continues when the user stops watching', async () => {
    const stop = new AbortController();
    const { tasks } = tasksOf(undefined, [task('RUNNING')]);
    const latest = async () => {
      if (stop.signal.aborted) throw new ArchiverError('STORE_ABORTED', 'aborted');
      return tasks.latest({ attemptTimeout: 1, signal: stop.signal });
    };
    const pause = async () => stop.abort();
    const { parts } = partsOf({ ...tasks, latest }, { pause, signal: stop.signal });
    expect(await failureOf(redriveAll(parts))).toBe(
      "stopped watching; the move task continues in SQS, and 'kafka-archive replay redrive' follows it again",
    );
  });
});
