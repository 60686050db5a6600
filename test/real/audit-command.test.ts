import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openOnBrokers } from '../../cli/mapping/topic-context.ts';
import { startKafkaCluster } from '../../tools/local/kafka-cluster/cluster.ts';
import { startTopic } from '../cli/audit/topic-console.ts';
import { clientsOf } from './archiving.ts';

it('audits a topic with SCRAM over TLS, heals all of it, and is balanced afterwards', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'audit-command-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const cluster = await startKafkaCluster({ folder: join(folder, 'kafka'), secure: true });
  onTestFinished(() => cluster.stop());
  const { admin, producer } = clientsOf({ brokers: [cluster.bootstrapServers] });
  onTestFinished(async () => void (await Promise.all([admin.close(), producer.close()])));
  await admin.createTopics({ topics: ['orders'], partitions: 2, replicas: 1 });
  for (const partition of [0, 1]) {
    const message = { topic: 'orders', partition, key: null, value: Buffer.from('{"order":1}') };
    await producer.send({ messages: [message, message, message], acks: -1 });
  }
  const partitionOffsets = [0, 1].map((partition) => ({ partition, offset: 3n }));
  await admin.alterConsumerGroupOffsets({
    groupId: 'shop-orders',
    topics: [{ name: 'orders', partitionOffsets }],
  });

  const { replay, run } = await startTopic({ openBroker: openOnBrokers });
  const { bootstrapServers = '', caFile = '', password, username = '' } = cluster.secured ?? {};
  const environment = { ...(password !== undefined && { KAFKA_PASSWORD: password }) };
  const login = `--tls --ca ${caFile} --sasl SCRAM-SHA-512 --username ${username}`;
  const audit = (flags: string) =>
    run(`audit --brokers ${bootstrapServers} ${login} ${flags}`.trim(), { environment });
  const healed = await audit('--heal --yes');
  expect(healed.errors).toBe('');
  expect(healed.printed[0]).toBe("NOT PROVEN: offsets of 'orders' need an operator: 6 lost.");
  await replay();
  const { code, printed } = await audit('');
  expect([code, printed[0]]).toEqual([
    0,
    "Proven: every offset of 'orders' below THROUGH is stored or explained.",
  ]);
});
