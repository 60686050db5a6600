import { isRefusal } from '../../../kafka/client-errors.ts';
import type { KafkaConnection } from '../../../kafka/connection.ts';
import type { ConsumerRecord, Offsets } from '../../../kafka/record.ts';
import { type Cursor, PartitionFetcher } from '../kafka/partition-fetcher.ts';
import type { KafkaEvent } from '../kafka/topic-options.ts';
import { RecordBuffer } from '../mapping/take-in-turn.ts';

/** The part of a topic to read. */
export interface TopicPart {
  readonly connection: KafkaConnection;
  readonly topic: string;
  /** First offsets, by partition. */
  readonly starts: Offsets;
  /** Offsets after the last ones, by partition. */
  readonly ends: Offsets;
  readonly observe: (event: KafkaEvent) => void;
}

/**
 * Reads the committed records of a part of a topic, without a group.
 *
 * @throws if a broker refuses; other errors are observed and retried
 */
export async function readTopic(
  { starts, ends, observe, ...topic }: TopicPart,
  onRecord: (record: ConsumerRecord) => void,
  signal: AbortSignal,
): Promise<void> {
  const refused = Promise.withResolvers<never>();
  const fetcher = new PartitionFetcher({
    ...topic,
    groupId: 'none',
    startingPosition: 'earliest',
    observe: (event) => {
      observe(event);
      if (event.type === 'error' && isRefusal(event.error)) refused.reject(event.error);
    },
  });
  const endOf = ({ partition }: Cursor) => ends.get(partition) ?? 0;
  const isOpen = (cursor: Cursor) => cursor.position < endOf(cursor);
  try {
    let cursors = [...starts]
      .map(([partition, position]) => ({ partition, position, fetched: new RecordBuffer() }))
      .filter(isOpen);
    fetcher.resume(cursors);
    while (cursors.length > 0 && !signal.aborted) {
      await Promise.race([fetcher.change.next(signal), refused.promise]);
      for (const cursor of cursors) take(cursor, endOf(cursor), onRecord);
      fetcher.pause(cursors.filter((cursor) => !isOpen(cursor)));
      cursors = cursors.filter(isOpen);
    }
  } finally {
    await fetcher.close();
  }
}

function take({ fetched }: Cursor, end: number, onRecord: (record: ConsumerRecord) => void): void {
  for (let record = fetched.shift(); record !== undefined; record = fetched.shift()) {
    if (record.offset < end) onRecord(record);
  }
}
