import { Buffer } from 'node:buffer';
import type { ConsumerRecord } from '../../../kafka/record.ts';
import { type EventOrigin, listName } from '../../../lambda/core/record/mapping-event.ts';
import type { InvokeOutcome } from '../../../tools/local/mapping/retry-policy.ts';
import type { MappingOptions } from '../../../tools/local/mapping/settings.ts';
import type { Answer, DestinationEntry, Given, RecordIn } from './case.ts';

/** The API's default batch size, which differs from the stack's. */
const UNSET_BATCH_SIZE = 100;

/** Converts a mapping's settings to the emulator's; those of the case override those for speed. */
export function mappingOptions(
  { mapping = {}, open = {} }: Given,
  quick: Given['open'],
): MappingOptions {
  const pollers = mapping.ProvisionedPollerConfig?.MinimumPollers;
  const { nullStyle: _, ...settings } = { ...quick, ...open };
  const {
    BatchSize = UNSET_BATCH_SIZE,
    MaximumBatchingWindowInSeconds: batchWindow,
    MaximumRetryAttempts: maximumRetryAttempts,
    MaximumRecordAgeInSeconds: maximumRecordAgeSeconds,
    BisectBatchOnFunctionError: bisectBatchOnFunctionError,
    FunctionResponseTypes,
  } = mapping;
  return {
    batchSize: BatchSize,
    ...(batchWindow !== undefined && { batchWindow }),
    ...(pollers !== undefined && { mode: 'provisioned', pollers }),
    ...(maximumRetryAttempts !== undefined && { maximumRetryAttempts }),
    ...(maximumRecordAgeSeconds !== undefined && { maximumRecordAgeSeconds }),
    ...(bisectBatchOnFunctionError !== undefined && { bisectBatchOnFunctionError }),
    reportBatchItemFailures: FunctionResponseTypes !== undefined,
    ...settings,
  };
}

/** A record with bytes. @param now epoch milliseconds */
export function toSourceRecord(record: RecordIn, now: number): Omit<ConsumerRecord, 'offset'> {
  const { partition = 0, age = 0, key = 4, value = 16 } = record;
  const bytes = (count: number | null) => (count === null ? null : Buffer.alloc(count, 'a'));
  return {
    partition,
    timestamp: now - age * 1000,
    timestampType: 'CREATE_TIME',
    key: bytes(key),
    value: bytes(value),
    headers: [],
  };
}

/** Converts a response to an outcome of an invocation. */
export function outcomeOf(answer: Answer, origin: EventOrigin): InvokeOutcome {
  if (answer.kind === 'error') return { kind: 'failed', errorType: 'Error' };
  if (answer.kind === 'result') return { kind: 'returned', payload: JSON.stringify(answer.value) };
  if (answer.kind === 'held') throw new Error('a response cannot be held again');
  const batchItemFailures = answer.records.map((place) => {
    const [partition, offset] = place.split(':').map(Number);
    return { itemIdentifier: { partition: listName(origin, partition ?? 0), offset } };
  });
  return { kind: 'returned', payload: JSON.stringify({ batchItemFailures }) };
}

/** An event's records, as `partition:offset`. */
export function placesIn(event: string): string[] {
  const { records } = JSON.parse(event) as { records: Record<string, ConsumerRecord[]> };
  return Object.values(records)
    .flat()
    .map(({ partition, offset }) => `${partition}:${offset}`);
}

/** Parses an entry as in DG: with-msk-on-failure. */
export function readEntry(json: string, { topic }: EventOrigin): DestinationEntry {
  const { requestContext, KafkaBatchInfo } = JSON.parse(json) as {
    requestContext: { condition: string; approximateInvokeCount: number };
    KafkaBatchInfo: {
      batchSize: number;
      recordsInfo: Record<string, { firstRecordOffset: string; lastRecordOffset: string }>;
    };
  };
  return {
    condition: requestContext.condition,
    batchSize: KafkaBatchInfo.batchSize,
    invokes: requestContext.approximateInvokeCount,
    offsets: Object.fromEntries(
      Object.entries(KafkaBatchInfo.recordsInfo).map(
        ([list, { firstRecordOffset, lastRecordOffset }]) => [
          Number(list.slice(topic.length + 1)),
          [Number(firstRecordOffset), Number(lastRecordOffset)],
        ],
      ),
    ),
  };
}
