import { existsSync, realpathSync } from 'node:fs';
import { launchCluster, type SecuredEndpoint, securedEndpoint, stopNodes } from './cluster.ts';
import { bootstrapServers, type ClusterRecord, readClusterRecord } from './cluster-record.ts';
import type { Environment } from './java.ts';
import { clusterNodes } from './node-files.ts';
import { runningPid } from './node-process.ts';
import type { KafkaCommand } from './options.ts';
import { saslMechanisms } from './secured-listener.ts';

/** What a command works with. */
export interface KafkaCommandDeps {
  readonly env: Environment;
  readonly print: (line: string) => void;
}

/**
 * Carries out a command; whether it came out well, which for `status` is that everything runs.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS`
 * @throws {KafkaClusterError} when Kafka cannot be downloaded, or does not start
 */
export function runKafkaCommand(asked: KafkaCommand, deps: KafkaCommandDeps): Promise<boolean> {
  return { start, stop, status }[asked.command](asked, deps);
}

async function start(asked: KafkaCommand, { env, print }: KafkaCommandDeps): Promise<boolean> {
  const { folder, brokers, port, secure } = asked;
  const startedAt = Date.now();
  const wishes = { folder, brokers, port, secure };
  await launchCluster({ ...wishes, isDetached: true, env, onProgress: print });
  print(`Ready after ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  return status(asked, { env, print });
}

async function stop({ folder }: KafkaCommand, { print }: KafkaCommandDeps): Promise<boolean> {
  const { path, record } = findCluster(folder);
  const hasStopped = record !== undefined && (await stopNodes(clusterNodes(path, record.brokers)));
  print(hasStopped ? `Stopped; its topics stay in ${folder}` : `No cluster runs in ${folder}`);
  return true;
}

async function status({ folder }: KafkaCommand, { print }: KafkaCommandDeps): Promise<boolean> {
  const { path, record } = findCluster(folder);
  const nodes = record === undefined ? [] : clusterNodes(path, record.brokers);
  const running = nodes.filter((node) => runningPid(node) !== undefined);
  if (record === undefined || running.length === 0) {
    print(`No cluster runs in ${folder}`);
    return false;
  }
  for (const line of describeCluster(path, record)) print(line);
  return running.length === nodes.length;
}

function findCluster(folder: string) {
  const path = existsSync(folder) ? realpathSync(folder) : folder;
  return { path, record: readClusterRecord(path) };
}

function describeCluster(folder: string, record: ClusterRecord): string[] {
  const processes = clusterNodes(folder, record.brokers).map((node) => {
    return `${node.name}: ${runningPid(node) ?? 'not running'}`;
  });
  return [
    `Kafka ${record.kafkaVersion}`,
    `  bootstrap servers  ${bootstrapServers(record.ports, 'plain')}`,
    ...describeSecured(securedEndpoint(folder, record)),
    `  process ids        ${processes.join(', ')}`,
    `  folder             ${folder}`,
  ];
}

function describeSecured(secured: SecuredEndpoint | undefined): string[] {
  if (secured === undefined) return [];
  return [
    `  with TLS and SASL  ${secured.bootstrapServers}`,
    `    mechanisms       ${saslMechanisms.join(', ')}`,
    `    user, password   ${secured.username}, ${secured.password}`,
    `    CA certificate   ${secured.caFile}`,
  ];
}
