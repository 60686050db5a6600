/**
 * Apache Kafka on this machine, for tests against real brokers.
 *
 * All listeners are on the loopback interface. One broker is its own controller; three brokers have a
 * separate controller, as in Amazon MSK, so that any broker can be stopped or killed.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Distribution, provideDistribution } from './distribution.ts';
import { KafkaClusterError } from './errors.ts';
import { runToEnd } from './java.ts';
import {
  type BrokerCount,
  clusterNodes,
  killNode,
  type Node,
  runningPid,
  spawnNode,
  stopNode,
} from './node.ts';
import { type ClusterPorts, checkPorts, fixedPorts, freePorts } from './ports.ts';
import { waitForBroker } from './ready.ts';
import {
  createSecuredAccess,
  readSecuredAccess,
  type SecuredAccess,
  scramArguments,
  securedProperties,
} from './secured.ts';
import { writeServerProperties } from './server-properties.ts';

/** Options of a cluster. */
export interface KafkaClusterOptions {
  /** Contains the cluster's data, settings and logs; an existing cluster is continued. */
  readonly folder: string;
  /** @default - that of the existing cluster, 1 for a new one */
  readonly brokers?: BrokerCount | undefined;
  /** Port of the first broker; those of the other listeners follow from it. @default 0, free ports */
  readonly port?: number | undefined;
  /** Whether a second listener uses TLS and SASL. @default - as in the existing cluster, else false */
  readonly secure?: boolean | undefined;
  /** Kafka's own broker settings, which override or extend the cluster's. @default none */
  readonly properties?: Readonly<Record<string, string>> | undefined;
  /** Whether the cluster, once started, keeps running when this process ends. @default false */
  readonly isDetached?: boolean | undefined;
  /** Called with what is being waited for. @default nothing */
  readonly onProgress?: ((line: string) => void) | undefined;
}

/** How to connect to the listener with TLS and SASL. */
export interface SecuredEndpoint extends SecuredAccess {
  /** `127.0.0.1:PORT` of each broker, separated by commas. */
  readonly bootstrapServers: string;
}

/** A Kafka cluster on this machine. The ids of its brokers are 1, or 1, 2 and 3. */
export interface KafkaCluster {
  readonly kafkaVersion: string;
  /** `127.0.0.1:PORT` of each broker, separated by commas. */
  readonly bootstrapServers: string;
  readonly folder: string;
  /** Undefined for a cluster without a secured listener. */
  readonly secured: SecuredEndpoint | undefined;
  /** Shuts all processes down and waits for their end; the data remains. */
  stop(): Promise<void>;
  /** Shuts a broker down as an update would: partitions that it leads are moved first. */
  stopBroker(id: number): Promise<void>;
  /** Kills a broker as a power failure would; the others consider it dead 3 s later. */
  killBroker(id: number): Promise<void>;
  /** Starts a broker that does not run, and returns when it responds and has rejoined. */
  startBroker(id: number): Promise<void>;
}

const shapeSchema = z.object({
  brokers: z.union([z.literal(1), z.literal(3)]),
  secure: z.boolean(),
});

/** What `cluster.json` keeps about the cluster in a folder. */
type ClusterShape = z.infer<typeof shapeSchema>;

/**
 * Starts a cluster, and returns when every broker responds and knows all others.
 *
 * @throws {KafkaClusterError} if Java or Maven is missing, Kafka cannot be downloaded, a port is in
 *   use, the folder's cluster is running or has a different shape, or Kafka does not start
 */
export async function startKafkaCluster(options: KafkaClusterOptions): Promise<KafkaCluster> {
  const { port = 0, isDetached = false, onProgress = () => undefined } = options;
  const { env } = process;
  if (process.platform === 'win32') {
    throw new KafkaClusterError('A local Kafka cluster needs Linux or macOS');
  }
  mkdirSync(options.folder, { recursive: true });
  // A process is identified by this path.
  const folder = realpathSync(options.folder);
  const known = readShape(folder);
  const { brokers = known?.brokers ?? 1, secure = known?.secure ?? false } = options;
  const shape = { brokers, secure };
  checkShape(folder, shape, known);
  const nodes = clusterNodes(folder, brokers);
  if (nodes.some((node) => runningPid(node) !== undefined)) {
    throw new KafkaClusterError(
      `a cluster is already running in ${folder}: stop it, or choose another --folder`,
    );
  }
  const ports = port === 0 ? await freePorts(brokers) : fixedPorts(port, brokers);
  await checkPorts(ports);
  const kafka = await provideDistribution(env, onProgress);
  if (secure) await createSecuredAccess(folder, env);
  const cluster = new RunningCluster({
    ...{ folder, ports, nodes, kafka, isDetached, shape },
    properties: options.properties,
  });
  if (known === undefined) {
    onProgress('Formatting the data folders');
    await cluster.format();
  }
  onProgress(brokers === 1 ? 'Starting the broker' : `Starting ${brokers} brokers`);
  await cluster.start();
  return cluster;
}

/**
 * Stops the cluster in a folder.
 *
 * @returns whether one was running
 */
export async function stopKafkaCluster(folder: string): Promise<boolean> {
  const path = existsSync(folder) ? realpathSync(folder) : folder;
  const shape = readShape(path);
  return shape !== undefined && (await stopNodes(clusterNodes(path, shape.brokers)));
}

function shapeFile(folder: string): string {
  return join(folder, 'cluster.json');
}

function readShape(folder: string): ClusterShape | undefined {
  const file = shapeFile(folder);
  if (!existsSync(file)) return undefined;
  try {
    return shapeSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new KafkaClusterError(
      `${file} is damaged: delete the folder, or choose another --folder`,
    );
  }
}

function checkShape(folder: string, wanted: ClusterShape, known: ClusterShape = wanted): void {
  if (known.brokers === wanted.brokers && known.secure === wanted.secure) return;
  const brokers = known.brokers === 1 ? 'one broker' : 'three brokers';
  throw new KafkaClusterError(
    `the cluster in ${folder} has ${brokers} and ${known.secure ? 'a' : 'no'} secured listener: delete it, or choose another --folder`,
  );
}

interface ClusterParts {
  readonly folder: string;
  readonly shape: ClusterShape;
  readonly ports: ClusterPorts;
  readonly nodes: readonly Node[];
  readonly kafka: Distribution;
  readonly properties: Readonly<Record<string, string>> | undefined;
  readonly isDetached: boolean;
}

class RunningCluster implements KafkaCluster {
  readonly kafkaVersion: string;
  readonly folder: string;
  readonly bootstrapServers: string;
  readonly secured: SecuredEndpoint | undefined;
  readonly #parts: ClusterParts;

  constructor(parts: ClusterParts) {
    const { folder, kafka, ports, shape } = parts;
    const serversOf = (listener: 'plain' | 'secured') =>
      ports.brokers.map((broker) => `127.0.0.1:${broker[listener]}`).join(',');
    this.#parts = parts;
    this.kafkaVersion = kafka.version;
    this.folder = folder;
    this.bootstrapServers = serversOf('plain');
    this.secured = shape.secure
      ? { bootstrapServers: serversOf('secured'), ...readSecuredAccess(folder) }
      : undefined;
  }

  /** Creates the data of a new cluster, with its users. */
  async format(): Promise<void> {
    const { folder, kafka, nodes, shape } = this.#parts;
    const tool = [...kafka.options, 'kafka.tools.StorageTool', 'format'];
    const users = shape.secure ? scramArguments(folder) : [];
    const clusterId = ['--cluster-id', newClusterId()];
    const env = { ...process.env, CLASSPATH: kafka.classPath };
    await Promise.all(
      nodes.map((node) => {
        this.#writeProperties(node, undefined);
        const config = ['--ignore-formatted', '--config', node.properties];
        return runToEnd(kafka.java, [...tool, ...config, ...clusterId, ...users], env);
      }),
    );
    writeFileSync(shapeFile(folder), JSON.stringify(shape));
  }

  /** Starts all nodes; if one of them fails, none is left running. */
  async start(): Promise<void> {
    const { isDetached, nodes, shape } = this.#parts;
    try {
      const releases = nodes.map((node) => this.#spawn(node));
      await Promise.all(nodes.map((node) => this.#wait(node, shape.brokers)));
      if (isDetached) for (const release of releases) release();
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
    this.#spawn(broker);
    await this.#wait(broker, 1);
  }

  #broker(id: number): Node {
    const { nodes, shape } = this.#parts;
    const broker = nodes.slice(0, shape.brokers).find((node) => node.id === id);
    if (broker !== undefined) return broker;
    throw new RangeError(`a broker's id is 1 to ${shape.brokers}, got ${id}`);
  }

  #spawn(node: Node): () => void {
    const { kafka, properties } = this.#parts;
    this.#writeProperties(node, properties);
    return spawnNode(node, kafka);
  }

  #writeProperties(node: Node, properties: ClusterParts['properties']): void {
    const { folder, ports, shape } = this.#parts;
    const secured = shape.secure ? securedProperties(folder) : undefined;
    writeServerProperties({ node, ports, secured, properties });
  }

  /** Does not wait for a controller, which clients never contact: it is ready when the brokers are. */
  async #wait(node: Node, brokers: number): Promise<void> {
    const ports = this.#parts.ports.brokers[node.id - 1];
    if (ports !== undefined) await waitForBroker(node, ports.plain, brokers);
  }
}

/** Stops the brokers first, which tell their controller. */
async function stopNodes(nodes: readonly Node[]): Promise<boolean> {
  const stopped = await Promise.all(
    nodes.filter(({ roles }) => roles !== 'controller').map(stopNode),
  );
  const others = await Promise.all(
    nodes.filter(({ roles }) => roles === 'controller').map(stopNode),
  );
  return [...stopped, ...others].includes(true);
}

/** A random id as Kafka writes it: 22 characters of URL-safe Base64, not beginning with a hyphen. */
function newClusterId(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8(bytes.readUInt8(0) & 0x7f, 0);
  return bytes.toString('base64url');
}
