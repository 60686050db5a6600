import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Queue } from './queue.ts';

/** A task's state, in the service's words. */
export type MoveTaskStatus = 'RUNNING' | 'COMPLETED' | 'CANCELLING' | 'CANCELLED';

const SECOND_MS = 1000;
/** Messages of one step. */
const STEP = 10;

/**
 * Moves the messages of a dead-letter queue to another queue, where they begin anew.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 */
export class MoveTask {
  readonly handle = randomUUID();
  readonly toMove: number;
  readonly startedAt: number;
  status: MoveTaskStatus = 'RUNNING';
  moved = 0;

  /** @param perSecond messages; undefined for as many as can be */
  constructor(
    parts: { readonly source: Queue; readonly destination: Queue; readonly now: number },
    perSecond: number | undefined,
  ) {
    this.startedAt = parts.now;
    this.toMove = parts.source.counts().visible;
    void this.#run(parts, perSecond);
  }

  /** What was not moved stays. */
  cancel(): void {
    if (this.status === 'RUNNING') this.status = 'CANCELLING';
  }

  async #run(
    { source, destination }: { readonly source: Queue; readonly destination: Queue },
    perSecond: number | undefined,
  ): Promise<void> {
    const step = Math.min(STEP, perSecond ?? STEP);
    while (this.status === 'RUNNING') {
      const messages = source.receive(step);
      if (messages.length === 0) this.status = 'COMPLETED';
      for (const { attributes, body, receiptHandle } of messages) {
        destination.send({ body, attributes });
        source.delete(receiptHandle);
        this.moved += 1;
      }
      await sleep(perSecond === undefined ? 0 : (messages.length / perSecond) * SECOND_MS);
    }
    if (this.status === 'CANCELLING') this.status = 'CANCELLED';
  }
}
