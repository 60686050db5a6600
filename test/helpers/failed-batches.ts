import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KafkaEvent } from '../../lambda/core/record/kafka-event.ts';

/** Samples in the shapes that AWS documents. */
export function failedBatchSample(name: 's3' | 'kafka-topic' | 'oversize'): string {
  const file = join(import.meta.dirname, '..', 'fixtures', 'failed-batches', `${name}.json`);
  return readFileSync(file, 'utf8');
}

/** An entry of an on-failure destination in S3 with the given event. */
export function failedBatchOf(event: KafkaEvent, condition = 'RetryAttemptsExhausted'): string {
  const lists = Object.entries(event.records);
  return JSON.stringify({
    requestContext: { requestId: 'request-0', condition, approximateInvokeCount: 11 },
    responseContext: { statusCode: 200, executedVersion: '7', functionError: 'Unhandled' },
    version: '1.0',
    timestamp: '2026-11-24T00:38:06.021Z',
    KafkaBatchInfo: {
      batchSize: lists.flatMap(([, records]) => records).length,
      recordsInfo: Object.fromEntries(
        lists.map(([id, records]) => [
          id,
          {
            firstRecordOffset: String(records[0]?.offset),
            lastRecordOffset: String(records.at(-1)?.offset),
          },
        ]),
      ),
    },
    payload: JSON.stringify(event),
  });
}
