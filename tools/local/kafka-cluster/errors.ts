/** A local Kafka cluster that cannot be provided: a missing program, a download, or a broker that fails. */
export class KafkaClusterError extends Error {
  override readonly name = 'KafkaClusterError';
}
