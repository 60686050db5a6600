import type { CallOptions } from '../ports.ts';
import type { AuditBroker, BrokerBatch, BrokerRange, BrokerRecord } from './broker.ts';

/** The end of a transaction: the offset of its control batch. */
interface TransactionEnd {
  readonly offset: number;
  readonly control: 'commit' | 'abort';
}

/**
 * Reads the records of a range that consumers see, in order: no control batches, and nothing of transactions that were
 * aborted. Where a batch is transactional, it reads ahead to the end of the transaction, once.
 *
 * @throws {ArchiverError} `KAFKA_FAILED` or `STORE_ABORTED`
 */
export async function* committedRecords(
  broker: Pick<AuditBroker, 'read'>,
  range: BrokerRange,
  options: CallOptions,
): AsyncGenerator<BrokerRecord, void, undefined> {
  const { first, last, partition } = range;
  const ends = new Map<bigint, TransactionEnd[]>();
  let readAhead = first;
  const endOf = ({ lastOffset, producerId }: BrokerBatch) =>
    ends.get(producerId)?.find(({ offset }) => offset > lastOffset);
  const findEnd = async (batch: BrokerBatch) => {
    const known = endOf(batch);
    if (known !== undefined) return known;
    const ahead = { partition, first: readAhead, last: Number.MAX_SAFE_INTEGER };
    for await (const { control, lastOffset, producerId } of broker.read(ahead, options)) {
      readAhead = lastOffset + 1;
      if (control === undefined) continue;
      ends.set(producerId, [...(ends.get(producerId) ?? []), { offset: lastOffset, control }]);
      const found = endOf(batch);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  for await (const batch of broker.read(range, options)) {
    if (batch.control !== undefined) continue;
    if (batch.isTransactional && (await findEnd(batch))?.control === 'abort') continue;
    yield* batch.records.filter(({ offset }) => offset >= first && offset <= last);
  }
}
