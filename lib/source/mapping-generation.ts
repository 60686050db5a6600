import { createHash } from 'node:crypto';
import type { StartingPosition } from '../settings/settings.ts';
import type { KafkaSource } from './kafka-source.ts';

/** The properties that an existing event source mapping cannot change. */
export interface MappingIdentity {
  readonly source: KafkaSource;
  readonly startingPosition: StartingPosition;
  /** Contains `{topic}` instead of the topic's name, so that adding a topic does not affect the others. */
  readonly consumerGroupPattern: string;
}

/**
 * Eight hexadecimal digits that change with the properties that a mapping cannot change, and with nothing else.
 *
 * When such a property changes, CloudFormation replaces the mapping: it creates the new one, then deletes the
 * old one. Lambda refuses two mappings of the same topic that invoke a function by the same ARN, so a new
 * generation must invoke the function by another ARN. These digits are part of the function's configuration, so
 * a change makes Lambda publish a new version, and mappings invoke versions. Until CloudFormation cleans up,
 * both generations exist, each with its own version.
 *
 * ASSUMED: Lambda compares ARNs including the version, since its error message contains the function's ARN
 * (https://github.com/aws/aws-sam-cli/issues/2308). docs/verify-in-an-account.md#5-another-consumer-group tests
 * it.
 *
 * The ARN of an MSK cluster is not included, since Lambda already treats another cluster as another event
 * source.
 */
export function mappingGeneration(identity: MappingIdentity): string {
  const { source, startingPosition, consumerGroupPattern } = identity;
  const servers = source.kind === 'self-managed' ? source.bootstrapServers : [];
  const start =
    startingPosition.kind === 'timestamp' ? startingPosition.unixSeconds : startingPosition.kind;
  const text = JSON.stringify([servers, start, consumerGroupPattern]);
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
