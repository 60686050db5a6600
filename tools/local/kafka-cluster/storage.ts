import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KafkaClusterError } from './errors.ts';
import { type JavaCommand, runToEnd } from './java.ts';
import { type NodeFiles, soleNode } from './node-files.ts';
import { renderProperties, writeServerProperties } from './server-properties.ts';
import { withStaging } from './staging.ts';

/** The first records of a cluster's own log, as Kafka's storage tool writes them. */
const CHECKPOINT = join('__cluster_metadata-0', '00000000000000000000-0000000000.checkpoint');

/** A user that logs in by SCRAM. */
export interface ScramUser {
  readonly mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly name: string;
  readonly password: string;
}

/**
 * Has Kafka's storage tool write a new cluster's first records to a file, unless it is there. They
 * are the same for every node of every cluster with these users.
 *
 * @throws {KafkaClusterError} when the tool fails
 */
export async function provideCheckpoint(
  file: string,
  java: JavaCommand,
  users: readonly ScramUser[] = [],
): Promise<void> {
  if (existsSync(file)) return;
  await withStaging(dirname(file), async (staging) => {
    const node = soleNode(staging);
    const ports = { brokers: [{ plain: 1 }], controller: 2 };
    writeServerProperties({ node, ports });
    const scram = users.flatMap(({ mechanism, name, password }) => [
      '--add-scram',
      `${mechanism}=[name=${name},password=${password}]`,
    ]);
    await format(java, ['--config', node.properties, '--cluster-id', newKafkaId(), ...scram]);
    renameSync(join(node.data, CHECKPOINT), file);
  });
}

async function format(java: JavaCommand, args: readonly string[]): Promise<void> {
  const env = { ...process.env, CLASSPATH: java.classPath };
  try {
    const tool = [...java.options, 'kafka.tools.StorageTool', 'format'];
    await runToEnd(java.program, [...tool, ...args], env);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KafkaClusterError(`Kafka's storage tool failed: ${reason}`);
  }
}

/** Makes a node's data folder one of that cluster, with those first records. */
export function formatData(node: NodeFiles, clusterId: string, checkpoint: string): void {
  const target = join(node.data, CHECKPOINT);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(checkpoint, target);
  const properties = {
    version: '1',
    'cluster.id': clusterId,
    'node.id': String(node.id),
    'directory.id': newKafkaId(),
  };
  writeFileSync(join(node.data, 'meta.properties'), renderProperties(properties));
}

/** A random id as Kafka writes them: 22 letters of URL-safe Base64, the first no hyphen. */
export function newKafkaId(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8(bytes.readUInt8(0) & 0x7f, 0);
  return bytes.toString('base64url');
}
