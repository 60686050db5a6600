import type { DecodedRecord } from '../record/decode-line.ts';
import { isSameRecord } from '../record/record-identity.ts';
import type { BrokerRecord } from './broker.ts';

/**
 * Whether a stored record and the one that the broker has at its offset are the same. Of a record whose schema metadata
 * Lambda has taken off, or whose value it has decoded, only the timestamp can be compared.
 */
export function isOfThisLife(stored: DecodedRecord, record: BrokerRecord): boolean {
  if (/"(?:key|value)_schema/.test(stored.metadata)) return stored.timestamp === record.timestamp;
  const { key, offset, partition, timestamp, value } = record;
  return isSameRecord(stored, {
    ...{ topic: stored.topic, partition, offset, timestamp, timestampType: null, headers: [] },
    ...{ key, keyEncoding: 'base64', value, valueEncoding: 'base64', valueLineBreak: null },
    metadata: '{}',
  });
}
