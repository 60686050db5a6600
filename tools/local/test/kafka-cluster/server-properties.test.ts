import { describe, expect, it } from 'vitest';
import { clusterNodes, soleNode } from '../../kafka-cluster/node-files.ts';
import { fixedPorts } from '../../kafka-cluster/ports.ts';
import {
  renderProperties,
  type ServerSettings,
  serverProperties,
} from '../../kafka-cluster/server-properties.ts';

function rendered(settings: ServerSettings): string[] {
  return renderProperties(serverProperties(settings)).trimEnd().split('\n');
}

const single = { node: soleNode('/k'), ports: fixedPorts(9092, { brokers: 1, isSecure: false }) };

const forTests = [
  'group.initial.rebalance.delay.ms=0',
  'group.min.session.timeout.ms=1000',
  'group.consumer.min.session.timeout.ms=1000',
  'group.consumer.min.heartbeat.interval.ms=100',
  'broker.heartbeat.interval.ms=250',
  'broker.session.timeout.ms=3000',
  'log.cleaner.dedupe.buffer.size=4194304',
];

function internalTopics(brokers: number, inSync: number): string[] {
  return [
    `offsets.topic.replication.factor=${brokers}`,
    `offsets.topic.num.partitions=${brokers}`,
    `transaction.state.log.replication.factor=${brokers}`,
    `transaction.state.log.num.partitions=${brokers}`,
    `transaction.state.log.min.isr=${inSync}`,
    `share.coordinator.state.topic.replication.factor=${brokers}`,
    `share.coordinator.state.topic.num.partitions=${brokers}`,
    `share.coordinator.state.topic.min.isr=${inSync}`,
  ];
}

describe('server.properties', () => {
  it('has one broker be its own controller', () => {
    expect(rendered(single)).toEqual([
      'process.roles=broker,controller',
      'node.id=1',
      'controller.quorum.voters=1@127.0.0.1:9112',
      'listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9112',
      'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SECURED:SASL_SSL,CONTROLLER:PLAINTEXT',
      'inter.broker.listener.name=PLAINTEXT',
      'controller.listener.names=CONTROLLER',
      'default.replication.factor=1',
      'log.dirs=/k/broker-1/data',
      'auto.create.topics.enable=false',
      'min.insync.replicas=1',
      ...internalTopics(1, 1),
      ...forTests,
    ]);
  });

  it('has three brokers ask a controller that is none of them', () => {
    const ports = fixedPorts(9092, { brokers: 3, isSecure: true });
    const secured = { 'listener.name.secured.ssl.keystore.type': 'PKCS12' };
    const files = clusterNodes('/k', 3).map((node) => rendered({ node, ports, secured }));
    const brokers = [1, 2, 3].map((id) => [
      'process.roles=broker',
      `node.id=${id}`,
      'controller.quorum.voters=100@127.0.0.1:9112',
      `listeners=PLAINTEXT://127.0.0.1:${9091 + id},SECURED://127.0.0.1:${9101 + id}`,
      'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SECURED:SASL_SSL,CONTROLLER:PLAINTEXT',
      'inter.broker.listener.name=PLAINTEXT',
      'controller.listener.names=CONTROLLER',
      `log.dirs=/k/broker-${id}/data`,
      'auto.create.topics.enable=false',
      'min.insync.replicas=2',
      ...internalTopics(3, 2),
      ...forTests,
      'listener.name.secured.ssl.keystore.type=PKCS12',
    ]);
    const controller = [
      'process.roles=controller',
      'node.id=100',
      'controller.quorum.voters=100@127.0.0.1:9112',
      'listeners=CONTROLLER://127.0.0.1:9112',
      'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SECURED:SASL_SSL,CONTROLLER:PLAINTEXT',
      'controller.listener.names=CONTROLLER',
      'default.replication.factor=3',
      'log.dirs=/k/controller/data',
      'auto.create.topics.enable=false',
      'min.insync.replicas=2',
      ...internalTopics(3, 2),
      ...forTests,
    ];
    expect(files).toEqual([...brokers, controller]);
  });

  it('gives way to settings of the caller', () => {
    const properties = { 'auto.create.topics.enable': 'true', 'message.max.bytes': '2000000' };
    const lines = rendered({ ...single, properties });
    expect(lines.filter((line) => line.startsWith('auto.create'))).toEqual([
      'auto.create.topics.enable=true',
    ]);
    expect(lines.at(-1)).toBe('message.max.bytes=2000000');
  });
});

describe('properties', () => {
  it.each([
    ['a.b', '/x y/z=1', 'a.b=/x y/z=1'],
    ['a', 'C:\\data', 'a=C:\\\\data'],
    ['a', ' x', 'a=\\ x'],
    ['a', 'Müll\n', 'a=M\\u00fcll\\u000a'],
    ['a', '😀', 'a=\\ud83d\\ude00'],
    ['a b:c=d#!', '', 'a\\ b\\:c\\=d\\#\\!='],
  ])('write %j, %j as Java reads it', (name, value, line) => {
    expect(renderProperties({ [name]: value })).toBe(`${line}\n`);
  });
});
