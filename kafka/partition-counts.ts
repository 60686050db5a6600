import { Admin } from '@platformatic/kafka';
import { ArchiverError } from '../lambda/core/errors.ts';
import { isRefusal, toError } from './client-errors.ts';
import { clientOptions, type KafkaConnection, keepAlive } from './connection.ts';

/** Milliseconds in which a broker has to answer: what does not is no broker. */
const ANSWER_MS = 5_000;

/**
 * The number of partitions of each topic that the cluster has, of those asked for.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` where the cluster cannot be reached, or refuses the client
 */
export async function partitionCounts(
  connection: KafkaConnection,
  topics: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const admin = keepAlive(new Admin({ ...clientOptions(connection), requestTimeout: ANSWER_MS }));
  try {
    const there = new Set(await admin.listTopics());
    const known = topics.filter((topic) => there.has(topic));
    if (known.length === 0) return new Map();
    const metadata = await admin.metadata({ topics: known });
    return new Map(
      [...metadata.topics].map(([name, { partitionsCount }]) => [name, partitionsCount]),
    );
  } catch (error) {
    throw unreachable(connection, toError(error));
  } finally {
    await admin.close().catch(() => undefined);
  }
}

function unreachable({ brokers, sasl, tls }: KafkaConnection, cause: Error): ArchiverError {
  const security = [tls && 'TLS', sasl?.mechanism].filter(Boolean).join(' and ') || 'plain text';
  const what = isRefusal(cause) ? 'not let in by' : 'cannot reach';
  const why = reasons(cause).join('; ');
  const message = `${what} ${brokers.join(', ')} with ${security}: ${why}`;
  return new ArchiverError('INVALID_SETTINGS', message, { cause });
}

/** What is at the bottom of an error of errors, each once. */
function reasons(error: Error): readonly string[] {
  const below = [...(error instanceof AggregateError ? error.errors : []), error.cause].filter(
    (each): each is Error => each instanceof Error,
  );
  return below.length === 0 ? [error.message] : [...new Set(below.flatMap(reasons))];
}
