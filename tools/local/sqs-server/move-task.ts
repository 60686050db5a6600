import { setTimeout as sleep } from 'node:timers/promises';
import type { Queue } from './queue.ts';

const SECOND_MS = 1000;
/** Messages moved in one step. */
const STEP = 10;

/**
 * Moves the messages of a dead-letter queue to another queue, where they are new messages.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 */
export class MoveTask {
  readonly toMove: number;
  readonly startedAt: number;
  status: 'RUNNING' | 'COMPLETED' = 'RUNNING';
  moved = 0;

  /** @param perSecond maximum number of messages per second; undefined for no limit */
  constructor(
    parts: { readonly source: Queue; readonly destination: Queue; readonly now: number },
    perSecond: number | undefined,
  ) {
    this.startedAt = parts.now;
    this.toMove = parts.source.counts().visible;
    void this.#run(parts, perSecond);
  }

  async #run(
    { source, destination }: { readonly source: Queue; readonly destination: Queue },
    perSecond: number | undefined,
  ): Promise<void> {
    for (;;) {
      const messages = source.receive(Math.min(STEP, perSecond ?? STEP));
      if (messages.length === 0) break;
      for (const { attributes, body, receiptHandle } of messages) {
        destination.send({ body, attributes });
        source.delete(receiptHandle);
        this.moved += 1;
      }
      await sleep(perSecond === undefined ? 0 : (messages.length / perSecond) * SECOND_MS);
    }
    this.status = 'COMPLETED';
  }
}
