import { createHash } from 'node:crypto';
import type { StartingPosition } from '../settings/settings.ts';
import type { KafkaSource } from './kafka-source.ts';

/** What an event source mapping cannot change once it is there. */
export interface MappingIdentity {
  readonly source: KafkaSource;
  readonly startingPosition: StartingPosition;
  /** With `{topic}` where the topic's name is, so that another topic changes nothing for this one. */
  readonly consumerGroupPattern: string;
}

/**
 * Eight hexadecimal digits that change with what a mapping cannot change, and with nothing else.
 *
 * CloudFormation replaces such a mapping: it makes the new one, then deletes the old one. Lambda refuses
 * two mappings of one topic that invoke one function by one ARN. So a new generation has to invoke the
 * function by another ARN: these digits are part of the function's configuration, which makes Lambda
 * publish a new version, and mappings invoke versions. Until CloudFormation cleans up, both generations are
 * there, each with its own version.
 *
 * ASSUMED: that the version counts in what Lambda compares, as its answer names the ARN of the function
 * (https://github.com/aws/aws-sam-cli/issues/2308); docs/verified.md has a test for an account.
 *
 * The ARN of an MSK cluster is left out: another cluster is another event source, which Lambda tells apart.
 */
export function mappingGeneration(identity: MappingIdentity): string {
  const { source, startingPosition, consumerGroupPattern } = identity;
  const servers = source.kind === 'self-managed' ? source.bootstrapServers : [];
  const start =
    startingPosition.kind === 'timestamp' ? startingPosition.unixSeconds : startingPosition.kind;
  const text = JSON.stringify([servers, start, consumerGroupPattern]);
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
