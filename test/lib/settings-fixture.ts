import { parseSettings, type StackSettings } from '../../lib/settings/settings.ts';
import type { KafkaSource } from '../../lib/source/kafka-source.ts';

/** The time of every synth in these tests. */
export const now = new Date('2026-11-23T09:00:00.500Z');

export const clusterUuid = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-3';
export const clusterArn = `arn:aws:kafka:eu-west-1:111122223333:cluster/example/${clusterUuid}`;
export const secretArn =
  'arn:aws:secretsmanager:eu-west-1:111122223333:secret:kafka/archive-AbCdEf';
/** A secret that MSK can also read. */
export const mskSecretArn =
  'arn:aws:secretsmanager:eu-west-1:111122223333:secret:AmazonMSK_archive-AbCdEf';
export const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';

/** The required settings for an MSK cluster. */
export const msk = { clusterArn, topics: 'orders' };

/** The required settings for a self-managed cluster. */
export const selfManaged = { bootstrapServers: 'b1.example.com:9096', secretArn, topics: 'orders' };

/** Parses settings on top of {@link msk}. */
export function parse(settings: Record<string, unknown> = {}): StackSettings {
  return parseSettings({ ...msk, ...settings }, { now });
}

/** Returns the cluster of settings. */
export function sourceOf({ source }: StackSettings = parse()): KafkaSource {
  return source;
}

/** Returns the problems of a context. */
export function problems(context: Record<string, unknown>): string[] {
  try {
    parseSettings(context, { now });
  } catch (error) {
    return error instanceof Error ? error.message.split('\n') : [];
  }
  return [];
}

/** Returns the problems of settings on top of {@link msk}. */
export function problemsOf(settings: Record<string, unknown>): string[] {
  return problems({ ...msk, ...settings });
}
