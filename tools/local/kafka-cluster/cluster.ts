/**
 * Apache Kafka on this machine, for trials and for tests against real brokers.
 *
 * Everything listens on the loopback interface only. One broker is its own controller; three have
 * theirs in a process of its own, as Amazon MSK has, so that any of them can be stopped or killed.
 *
 * @module
 */

import { join } from 'node:path';
import {
  bootstrapServers,
  type ClusterRecord,
  readClusterRecord,
  writeClusterRecord,
} from './cluster-record.ts';
import { invalidSettings } from './errors.ts';
import { type Environment, findJava } from './java.ts';
import { type BrokerCount, clusterNodes, makeClusterFolder, type NodeFiles } from './node-files.ts';
import { killNode, type NodeProcess, runningPid, spawnNode, stopNode } from './node-process.ts';
import { checkPorts, fixedPorts, freePorts } from './ports.ts';
import { type AwaitedBroker, checkRuns, waitForBroker, waitForGroups } from './ready.ts';
import {
  provideSecuredAccess,
  readSecuredAccess,
  type SecuredAccess,
  scramUsers,
  securedFolder,
  securedProperties,
} from './secured-listener.ts';
import { writeServerProperties } from './server-properties.ts';
import { type KafkaSoftware, provideKafka } from './software.ts';
import { formatData, newKafkaId, provideCheckpoint } from './storage.ts';

/** How to start a cluster. */
export interface KafkaClusterOptions {
  /** Holds the cluster's data, settings and logs; a cluster that is there already goes on. */
  readonly folder: string;
  /** @default - as many as the folder's cluster has, 1 for a new one */
  readonly brokers?: BrokerCount | undefined;
  /**
   * First broker's port; those of the other listeners follow from it, see `fixedPorts`.
   * @default 0, any free ones
   */
  readonly port?: number | undefined;
  /** Whether there is a listener with TLS and SASL too. @default - as the folder's cluster has it */
  readonly secure?: boolean | undefined;
  /** Kafka's own broker settings, in place of the cluster's or besides them. @default none */
  readonly properties?: Readonly<Record<string, string>> | undefined;
  /** Told what is being waited for. @default nothing */
  readonly onProgress?: ((line: string) => void) | undefined;
}

/** What the caller of {@link launchCluster} says besides. */
export interface LaunchOptions extends KafkaClusterOptions {
  /** Whether the cluster goes on when the calling process ends. */
  readonly isDetached: boolean;
  readonly env: Environment;
}

/** How to reach the listener with TLS and SASL. */
export interface SecuredEndpoint extends SecuredAccess {
  /** `127.0.0.1:PORT` of each broker, with commas between. */
  readonly bootstrapServers: string;
}

/** A Kafka cluster on this machine. Its brokers' ids are 1, or 1, 2 and 3. */
export interface KafkaCluster {
  /** `127.0.0.1:PORT` of each broker, with commas between. */
  readonly bootstrapServers: string;
  /** Where its data is. */
  readonly folder: string;
  /** Absent in a cluster without that listener. */
  readonly secured: SecuredEndpoint | undefined;
  /** Shuts everything down, and returns when the processes are gone; the data stays. */
  stop(): Promise<void>;
  /** Shuts a broker down as an update would: what it leads is moved first. */
  stopBroker(id: number): Promise<void>;
  /** Kills a broker as a power cut would; the others take it for dead 3 s later. */
  killBroker(id: number): Promise<void>;
  /** Starts a broker that does not run, and returns when it answers and is a member again. */
  startBroker(id: number): Promise<void>;
}

/**
 * Starts a cluster, and returns when every broker answers and knows all the others. It ends with
 * this process.
 *
 * @throws {ArchiverError} `INVALID_SETTINGS` when it cannot be had as asked for: Java or Maven is
 *   missing, a port is taken, or the folder's cluster runs already or is another one
 * @throws {KafkaClusterError} when Kafka cannot be downloaded, or does not start
 */
export function startKafkaCluster(options: KafkaClusterOptions): Promise<KafkaCluster> {
  return launchCluster({ ...options, isDetached: false, env: process.env });
}

/**
 * As {@link startKafkaCluster}, with a cluster that may go on without this process once it is ready.
 */
export async function launchCluster(options: LaunchOptions): Promise<KafkaCluster> {
  const { env, port = 0, onProgress = () => undefined } = options;
  if (process.platform === 'win32') throw invalidSettings('Kafka is for Linux and macOS only here');
  const folder = makeClusterFolder(options.folder);
  const known = readClusterRecord(folder);
  checkSame(known, options, folder);
  const { brokers = known?.brokers ?? 1, secure = known?.secure ?? false } = options;
  const nodes = clusterNodes(folder, brokers);
  checkStopped(nodes, folder);
  const java = findJava(env);
  const wishes = { brokers, isSecure: secure };
  const ports = port === 0 ? await freePorts(wishes) : fixedPorts(port, wishes);
  await checkPorts(ports);
  const software = await provideKafka(java, env, onProgress);
  if (secure) await provideSecuredAccess(folder, env);
  const clusterId = known?.clusterId ?? newKafkaId();
  const record = { kafkaVersion: software.version, clusterId, brokers, secure, ports };
  // Time has passed since the first look.
  checkStopped(nodes, folder);
  if (known === undefined) await format(folder, record, nodes, software);
  writeClusterRecord(folder, record);
  const cluster = new RunningCluster({ folder, record, nodes, software, options });
  onProgress(
    `Starting ${brokers === 1 ? 'the broker' : `${brokers} brokers and their controller`}`,
  );
  await cluster.start();
  return cluster;
}

function checkSame(known: ClusterRecord | undefined, options: LaunchOptions, folder: string): void {
  if (known === undefined) return;
  const { brokers = known.brokers, secure = known.secure } = options;
  const other = 'delete it, or choose another --folder';
  if (brokers !== known.brokers) {
    throw invalidSettings(`the cluster in ${folder} has --brokers ${known.brokers}: ${other}`);
  }
  if (secure !== known.secure) {
    const how = known.secure ? 'with' : 'without';
    throw invalidSettings(`the cluster in ${folder} was made ${how} --secure: ${other}`);
  }
}

function checkStopped(nodes: readonly NodeFiles[], folder: string): void {
  if (nodes.every((node) => runningPid(node) === undefined)) return;
  throw invalidSettings(`a cluster runs in ${folder} already: stop it, or choose another --folder`);
}

async function format(
  folder: string,
  { clusterId, secure }: ClusterRecord,
  nodes: readonly NodeFiles[],
  { checkpoint, java }: KafkaSoftware,
): Promise<void> {
  const first = secure ? join(securedFolder(folder), 'bootstrap.checkpoint') : checkpoint;
  if (secure) await provideCheckpoint(first, java, scramUsers(readSecuredAccess(folder)));
  for (const node of nodes) formatData(node, clusterId, first);
}

interface RunningClusterParts {
  readonly folder: string;
  readonly record: ClusterRecord;
  readonly nodes: readonly NodeFiles[];
  readonly software: KafkaSoftware;
  readonly options: LaunchOptions;
}

class RunningCluster implements KafkaCluster {
  readonly folder: string;
  readonly bootstrapServers: string;
  readonly secured: SecuredEndpoint | undefined;
  readonly #parts: RunningClusterParts;

  constructor(parts: RunningClusterParts) {
    const { folder, record } = parts;
    this.#parts = parts;
    this.folder = folder;
    this.bootstrapServers = bootstrapServers(record.ports, 'plain');
    this.secured = securedEndpoint(folder, record);
  }

  /** Starts all nodes; none is left running when one of them fails. */
  async start(): Promise<void> {
    const { nodes, record } = this.#parts;
    try {
      const processes = nodes.map((node) => this.#spawn(node));
      const brokers = processes.flatMap((process) => this.#awaited(process, record.brokers));
      await Promise.all(brokers.map(waitForBroker));
      await Promise.all(brokers.slice(0, 1).map(waitForGroups));
      for (const process of processes) this.#settle(process);
    } catch (error) {
      await Promise.all(nodes.map(killNode));
      throw error;
    }
  }

  async stop(): Promise<void> {
    await stopNodes(this.#parts.nodes);
  }

  async stopBroker(id: number): Promise<void> {
    await stopNode(this.#broker(id));
  }

  async killBroker(id: number): Promise<void> {
    await killNode(this.#broker(id));
  }

  async startBroker(id: number): Promise<void> {
    const broker = this.#broker(id);
    if (runningPid(broker) !== undefined) return;
    const process = this.#spawn(broker);
    await Promise.all(this.#awaited(process, 1).map(waitForBroker));
    this.#settle(process);
  }

  #broker(id: number): NodeFiles {
    const { nodes, record } = this.#parts;
    const broker = nodes.slice(0, record.brokers).find((node) => node.id === id);
    if (broker !== undefined) return broker;
    throw invalidSettings(`a broker's id is 1 to ${record.brokers}, got ${id}`);
  }

  #spawn(node: NodeFiles): NodeProcess {
    const { folder, record, software, options } = this.#parts;
    writeServerProperties({
      node,
      ports: record.ports,
      secured: record.secure ? securedProperties(folder) : undefined,
      properties: options.properties,
    });
    return spawnNode(node, software.java);
  }

  #settle(process: NodeProcess): void {
    checkRuns(process);
    if (this.#parts.options.isDetached) process.release();
  }

  /** None for a controller, which no client asks: the brokers are ready when it is. */
  #awaited(process: NodeProcess, brokers: number): AwaitedBroker[] {
    const { clusterId, ports } = this.#parts.record;
    const port = ports.brokers[process.node.id - 1]?.plain;
    return port === undefined ? [] : [{ process, port, clusterId, brokers }];
  }
}

/** How to reach a cluster's secured listener, when it has one. */
export function securedEndpoint(
  folder: string,
  { secure, ports }: ClusterRecord,
): SecuredEndpoint | undefined {
  if (!secure) return undefined;
  return { bootstrapServers: bootstrapServers(ports, 'secured'), ...readSecuredAccess(folder) };
}

/**
 * Shuts nodes down: brokers first, which tell their controller. Returns when their processes are
 * gone, whether there were any.
 */
export async function stopNodes(nodes: readonly NodeFiles[]): Promise<boolean> {
  const brokers = nodes.filter(({ roles }) => roles !== 'controller');
  const controllers = nodes.filter(({ roles }) => roles === 'controller');
  const stopped = await Promise.all(brokers.map((node) => stopNode(node)));
  const others = await Promise.all(controllers.map((node) => stopNode(node)));
  return [...stopped, ...others].some(Boolean);
}
