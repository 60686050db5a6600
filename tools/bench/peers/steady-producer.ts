import { Buffer } from 'node:buffer';
import { setTimeout as sleep } from 'node:timers/promises';
import { Producer } from '@platformatic/kafka';
import { clientOptions, type KafkaConnection, keepAlive } from '../../../kafka/connection.ts';
import { orderRecord } from './orders.ts';

/** Milliseconds between two requests. */
const REQUEST_MS = 20;

/** A stream of orders of a steady rate. */
export interface SteadyLoad {
  readonly connection: KafkaConnection;
  readonly topic: string;
  /** Of each value. */
  readonly bytes: number;
  /** Records a second. */
  readonly rate: number;
}

/**
 * Produces orders at a steady rate, each once, until told to stop. What a slow broker holds up is made up for.
 *
 * @param produced where the time of each place in the sequence is put: epoch milliseconds, the record's timestamp
 * @throws where the broker refuses them
 */
export async function produceSteadily(
  { bytes, connection, rate, topic }: SteadyLoad,
  produced: number[],
  stop: AbortSignal,
): Promise<void> {
  const producer = keepAlive(
    new Producer<Buffer | null, Buffer | null, Buffer, Buffer | null>({
      ...clientOptions(connection),
      ...{ idempotent: true, retries: 20, retryDelay: 100 },
    }),
  );
  const begun = performance.now();
  try {
    while (!stop.aborted) {
      const due = Math.floor(((performance.now() - begun) / 1000) * rate);
      const now = Date.now();
      const messages = [];
      for (let sequence = produced.length; sequence < due; sequence++) {
        messages.push(toMessage(sequence, { bytes, now, topic }));
        produced.push(now);
      }
      if (messages.length > 0) await producer.send({ messages });
      await sleep(REQUEST_MS);
    }
  } finally {
    await producer.close(true).catch(() => undefined);
  }
}

function toMessage(
  sequence: number,
  { bytes, now, topic }: { readonly bytes: number; readonly now: number; readonly topic: string },
) {
  const { headers, key, partition, value } = orderRecord(sequence, bytes, now);
  return {
    ...{ topic, partition, key, value, timestamp: BigInt(now) },
    headers: new Map(headers.map((header) => [Buffer.from(header.name), header.value] as const)),
  };
}
