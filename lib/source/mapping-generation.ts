import { createHash } from 'node:crypto';
import type { KafkaSource } from './kafka-source.ts';

/** The properties of an event source mapping whose change makes another mapping necessary. */
export interface MappingIdentity {
  readonly source: KafkaSource;
  /** Contains `{topic}` instead of the topic's name, so that adding a topic does not affect the others. */
  readonly consumerGroupPattern: string;
}

/**
 * Eight hexadecimal digits that change with the properties that a mapping cannot change, and with nothing else.
 *
 * When such a property changes, the stack gets a new mapping before the old one is deleted. Lambda refuses two
 * mappings of the same topic that invoke a function by the same ARN, so a new generation must invoke the function
 * by another ARN. These digits are part of the function's configuration, so a change makes Lambda publish a new
 * version, and mappings invoke versions. Until CloudFormation cleans up, both generations exist, each with its
 * own version.
 *
 * ASSUMED: Lambda compares ARNs including the version, since its error message contains the function's ARN
 * (https://github.com/aws/aws-sam-cli/issues/2308). docs/verify-in-an-account.md tests it.
 *
 * @param identity with tokens resolved, since the text of a token differs between synths
 */
export function mappingGeneration({ source, consumerGroupPattern }: MappingIdentity): string {
  const cluster = source.kind === 'msk' ? source.cluster.arn : source.bootstrapServers;
  return digest([cluster, consumerGroupPattern]);
}

/**
 * Eight hexadecimal digits of a consumer group, for the logical id of its mapping. Lambda refuses to change the
 * group of a mapping, and CloudFormation would try to, since its schema lists the group among the properties that
 * can be updated. A mapping with another group must therefore be another resource.
 * https://docs.aws.amazon.com/lambda/latest/dg/kafka-consumer-group-id.html
 *
 * @param consumerGroupId with tokens resolved
 */
export function groupDigest(consumerGroupId: unknown): string {
  return digest(consumerGroupId);
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 8);
}
