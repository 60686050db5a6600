/** One partition of a topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** Parses a name such as `orders-3`; the topic may contain hyphens. Returns undefined for any other text. */
export function parseTopicPartition(name: string): TopicPartition | undefined {
  const [, topic, partition] = /^(.+)-(\d+)$/s.exec(name) ?? [];
  return topic === undefined ? undefined : { topic, partition: Number(partition) };
}
