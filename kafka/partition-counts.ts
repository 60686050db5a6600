import { Admin } from '@platformatic/kafka';
import { ArchiverError } from '../lambda/core/errors.ts';
import { isRefusal, toError } from './client-errors.ts';
import { clientOptions, type KafkaConnection, keepAlive } from './connection.ts';

/** Milliseconds that a broker has to answer; an address that takes longer is not a broker. */
const ANSWER_MS = 5_000;

/**
 * Reads the number of partitions of each given topic that exists in the cluster.
 *
 * @throws {ArchiverError} `KAFKA_FAILED` if the cluster cannot be reached or rejects the client
 */
export async function partitionCounts(
  connection: KafkaConnection,
  topics: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const admin = keepAlive(new Admin({ ...clientOptions(connection), requestTimeout: ANSWER_MS }));
  try {
    const existing = new Set(await admin.listTopics());
    const known = topics.filter((topic) => existing.has(topic));
    if (known.length === 0) return new Map();
    const metadata = await admin.metadata({ topics: known });
    return new Map(
      [...metadata.topics].map(([name, { partitionsCount }]) => [name, partitionsCount]),
    );
  } catch (error) {
    throw connectionError(connection, toError(error));
  } finally {
    await admin.close().catch(() => undefined);
  }
}

function connectionError({ brokers, sasl, tls }: KafkaConnection, cause: Error): ArchiverError {
  const security = [tls && 'TLS', sasl?.mechanism].filter(Boolean).join(' and ') || 'plain text';
  const what = isRefusal(cause) ? 'rejected by' : 'cannot reach';
  const why = reasons(cause).join('; ');
  const message = `${what} ${brokers.join(', ')} with ${security}: ${why}`;
  return new ArchiverError('KAFKA_FAILED', message, { cause });
}

/** The messages of the first causes of an error, each once. */
function reasons(error: Error): readonly string[] {
  const below = [...(error instanceof AggregateError ? error.errors : []), error.cause].filter(
    (each): each is Error => each instanceof Error,
  );
  return below.length === 0 ? [error.message] : [...new Set(below.flatMap(reasons))];
}
