import { mkdirSync, writeFileSync } from 'node:fs';
import type { ClusterPorts } from './cluster-record.ts';
import { type BrokerCount, CONTROLLER_ID, type NodeFiles } from './node-files.ts';

/** What `server.properties` says that differs from node to node, or by wish. */
export interface ServerSettings {
  readonly node: NodeFiles;
  readonly ports: ClusterPorts;
  /** Settings of the secured listener, where there is one. */
  readonly secured?: Readonly<Record<string, string>> | undefined;
  /** Kafka's own settings, in place of those of this file or besides them. */
  readonly properties?: Readonly<Record<string, string>> | undefined;
}

/** Writes a node's `server.properties`. */
export function writeServerProperties(settings: ServerSettings): void {
  const { node } = settings;
  mkdirSync(node.folder, { recursive: true });
  const text = renderProperties(serverProperties(settings));
  // A secured listener's password is in it.
  writeFileSync(node.properties, text, { mode: 0o600 });
}

/**
 * A node for trials and tests: its cluster tells soon of a dead broker, lets a group's first member
 * go on at once, and creates no topic by itself.
 */
export function serverProperties(settings: ServerSettings): Record<string, string> {
  const { node, ports, secured, properties } = settings;
  const brokers = ports.brokers.length === 1 ? 1 : 3;
  return {
    ...listenerProperties(settings),
    'log.dirs': node.data,
    'auto.create.topics.enable': 'false',
    'min.insync.replicas': inSyncReplicas(brokers),
    ...internalTopics(brokers),
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    'group.consumer.min.session.timeout.ms': '1000',
    'group.consumer.min.heartbeat.interval.ms': '100',
    'broker.heartbeat.interval.ms': '250',
    'broker.session.timeout.ms': '3000',
    // Its buffer is taken at start, and 128 MB by default.
    'log.cleaner.dedupe.buffer.size': '4194304',
    ...(node.roles === 'controller' ? {} : secured),
    ...properties,
  };
}

interface Listener {
  readonly name: string;
  readonly protocol: string;
  readonly port: number | undefined;
}

function listenerProperties({ node, ports }: ServerSettings): Record<string, string> {
  const own = ports.brokers[node.id - 1];
  const isController = node.roles !== 'broker';
  const controllerId = ports.brokers.length === 1 ? 1 : CONTROLLER_ID;
  const listeners: Listener[] = [
    { name: 'PLAINTEXT', protocol: 'PLAINTEXT', port: own?.plain },
    { name: 'SECURED', protocol: 'SASL_SSL', port: own?.secured },
    {
      name: 'CONTROLLER',
      protocol: 'PLAINTEXT',
      port: isController ? ports.controller : undefined,
    },
  ];
  return {
    'process.roles': node.roles,
    'node.id': String(node.id),
    'controller.quorum.voters': `${controllerId}@127.0.0.1:${ports.controller}`,
    listeners: listeners
      .filter(({ port }) => port !== undefined)
      .map(({ name, port }) => `${name}://127.0.0.1:${port}`)
      .join(','),
    'listener.security.protocol.map': listeners
      .map(({ name, protocol }) => `${name}:${protocol}`)
      .join(','),
    ...(own === undefined ? {} : { 'inter.broker.listener.name': 'PLAINTEXT' }),
    'controller.listener.names': 'CONTROLLER',
    ...(isController ? { 'default.replication.factor': String(ports.brokers.length) } : {}),
  };
}

/** As few partitions as there are brokers: the usual 50 of each take a while to make. */
function internalTopics(brokers: BrokerCount): Record<string, string> {
  const count = String(brokers);
  return {
    'offsets.topic.replication.factor': count,
    'offsets.topic.num.partitions': count,
    'transaction.state.log.replication.factor': count,
    'transaction.state.log.num.partitions': count,
    'transaction.state.log.min.isr': inSyncReplicas(brokers),
    'share.coordinator.state.topic.replication.factor': count,
    'share.coordinator.state.topic.num.partitions': count,
    'share.coordinator.state.topic.min.isr': inSyncReplicas(brokers),
  };
}

function inSyncReplicas(brokers: BrokerCount): string {
  return brokers === 1 ? '1' : '2';
}

/** Java's file of properties, one a line, whatever is in the values. */
export function renderProperties(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${escapeText(name, /[\\ :=#!]/g)}=${escapeText(value, /\\|^ /g)}\n`)
    .join('');
}

function escapeText(text: string, special: RegExp): string {
  return text
    .replace(special, '\\$&')
    .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
