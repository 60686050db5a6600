import { describe, expect, it, vi } from 'vitest';
import { MoveTask } from '../../sqs-server/move-task.ts';
import { Queue } from '../../sqs-server/queue.ts';

const now = Date.UTC(2026, 10, 24, 9);

/** A dead-letter queue with so many letters, and the queue that they came from. */
function queuesWith(letters: number) {
  const [source, destination] = ['dead', 'work'].map((name) => new Queue({ name }, () => now)) as [
    Queue,
    Queue,
  ];
  const attributes = { code: { DataType: 'String', StringValue: 'NO_PAYLOAD' } };
  for (let i = 0; i < letters; i++) source.send({ body: `letter ${i}`, attributes });
  return { source, destination };
}

const bodiesOf = (queue: Queue) => queue.peek().map(({ body }) => body);

describe('a move task', () => {
  it('moves every message, with its attributes, where it begins anew', async () => {
    const { destination, source } = queuesWith(23);
    const bodies = bodiesOf(source);
    const task = new MoveTask({ source, destination, now }, undefined);
    expect(task).toMatchObject({ status: 'RUNNING', toMove: 23, startedAt: now });
    await vi.waitFor(() => expect(task.status).toBe('COMPLETED'));
    expect(task.moved).toBe(23);
    expect(bodiesOf(source)).toEqual([]);
    expect(bodiesOf(destination)).toEqual(bodies);
    const moved = destination.receive(10);
    expect(moved[0]).toMatchObject({
      ...{ receiveCount: 1, deadLetterSource: undefined },
      attributes: { code: { StringValue: 'NO_PAYLOAD' } },
    });
  });

  it('is complete at once where there is nothing to move', async () => {
    const task = new MoveTask({ ...queuesWith(0), now }, 1);
    expect(task).toMatchObject({ status: 'COMPLETED', toMove: 0, moved: 0 });
  });

  it('leaves what is in flight', async () => {
    const { destination, source } = queuesWith(3);
    source.receive(1);
    const task = new MoveTask({ source, destination, now }, undefined);
    await vi.waitFor(() => expect(task.status).toBe('COMPLETED'));
    expect(task).toMatchObject({ toMove: 2, moved: 2 });
    expect(bodiesOf(source)).toEqual(['letter 0']);
  });

  it('goes no faster than told to, and what is left stays when it is cancelled', async () => {
    const { destination, source } = queuesWith(30);
    const task = new MoveTask({ source, destination, now }, 100);
    expect(task.moved).toBe(10);
    task.cancel();
    expect(task.status).toBe('CANCELLING');
    await vi.waitFor(() => expect(task.status).toBe('CANCELLED'));
    expect(task.moved).toBe(10);
    expect(bodiesOf(destination)).toEqual(Array.from({ length: 10 }, (_, i) => `letter ${i}`));
    expect(bodiesOf(source)).toHaveLength(20);
  });

  it('cannot be cancelled when it is over', async () => {
    const task = new MoveTask({ ...queuesWith(0), now }, undefined);
    task.cancel();
    expect(task.status).toBe('COMPLETED');
  });
});
