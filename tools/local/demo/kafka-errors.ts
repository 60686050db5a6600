import { chainOf, isRefusal, reasonOf } from '../../../kafka/client-errors.ts';
import { ArchiverError } from '../../../lambda/core/errors.ts';
import { KafkaClusterError } from '../kafka-cluster/errors.ts';

/**
 * Converts a Kafka client's error into one line for the user: `INVALID_SETTINGS` if a broker refuses the
 * request, otherwise a {@link KafkaClusterError}. Returns any other error unchanged.
 *
 * @param doing what failed, such as `cannot create topic 'orders'`
 */
export function explainKafkaError(error: unknown, doing: string): unknown {
  const chain = chainOf(error);
  if (!String(chain[0]?.code).startsWith('PLT_KFK_')) return error;
  const isFinal = chain.some(
    ({ code, canRetry }) => code === 'PLT_KFK_PROTOCOL' && canRetry === false,
  );
  const message = `${doing}: ${reasonOf(error)}`;
  return isFinal || isRefusal(error)
    ? new ArchiverError('INVALID_SETTINGS', message, { cause: error })
    : new KafkaClusterError(message, { cause: error });
}
