import { mkdirSync, writeFileSync } from 'node:fs';
import { CONTROLLER_ID, type Node } from './node.ts';
import type { ClusterPorts } from './ports.ts';

/** The settings that differ between nodes or are chosen by the caller. */
export interface ServerSettings {
  readonly node: Node;
  readonly ports: ClusterPorts;
  /** Settings of the secured listener. @default - there is none */
  readonly secured: Readonly<Record<string, string>> | undefined;
  /** Kafka's own settings, which override or extend the others. @default none */
  readonly properties?: Readonly<Record<string, string>> | undefined;
}

/** Writes a node's `server.properties`. */
export function writeServerProperties(settings: ServerSettings): void {
  const { node } = settings;
  mkdirSync(node.folder, { recursive: true });
  const text = Object.entries(serverProperties(settings))
    .map(([name, value]) => `${name}=${escapeValue(value)}\n`)
    .join('');
  // The file contains the secured listener's password.
  writeFileSync(node.properties, text, { mode: 0o600 });
}

/**
 * A node for tests: its cluster detects a dead broker soon, lets a group's first member start at
 * once, and never creates a topic automatically.
 */
function serverProperties(settings: ServerSettings): Record<string, string> {
  const { node, ports, secured, properties } = settings;
  // One partition per broker: creating the usual 50 takes a while.
  const brokers = String(ports.brokers.length);
  const inSync = brokers === '1' ? '1' : '2';
  return {
    ...listenerProperties(settings),
    'log.dirs': node.data,
    'auto.create.topics.enable': 'false',
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': brokers,
    'offsets.topic.num.partitions': brokers,
    'transaction.state.log.replication.factor': brokers,
    'transaction.state.log.num.partitions': brokers,
    'transaction.state.log.min.isr': inSync,
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    'group.consumer.min.session.timeout.ms': '1000',
    'group.consumer.min.heartbeat.interval.ms': '100',
    'broker.heartbeat.interval.ms': '250',
    'broker.session.timeout.ms': '3000',
    // Allocated at the start, and 128 MB by default.
    'log.cleaner.dedupe.buffer.size': '4194304',
    ...(node.roles === 'controller' ? {} : secured),
    ...properties,
  };
}

function listenerProperties({ node, ports, secured }: ServerSettings): Record<string, string> {
  const own = ports.brokers[node.id - 1];
  const isController = node.roles !== 'broker';
  const controllerId = ports.brokers.length === 1 ? 1 : CONTROLLER_ID;
  const listeners = [
    ...(own ? [`PLAINTEXT://127.0.0.1:${own.plain}`] : []),
    ...(own && secured ? [`SECURED://127.0.0.1:${own.secured}`] : []),
    ...(isController ? [`CONTROLLER://127.0.0.1:${ports.controller}`] : []),
  ];
  return {
    'process.roles': node.roles,
    'node.id': String(node.id),
    'controller.quorum.voters': `${controllerId}@127.0.0.1:${ports.controller}`,
    listeners: listeners.join(','),
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,SECURED:SASL_SSL,CONTROLLER:PLAINTEXT',
    ...(own && { 'inter.broker.listener.name': 'PLAINTEXT' }),
    'controller.listener.names': 'CONTROLLER',
    ...(isController && { 'default.replication.factor': String(ports.brokers.length) }),
  };
}

/** Escapes a value for Java's properties format. */
function escapeValue(text: string): string {
  return text
    .replace(/\\|^ /g, '\\$&')
    .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
