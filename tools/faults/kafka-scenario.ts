import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Admin } from '@platformatic/kafka';
import { clientOptions, keepAlive } from '../../kafka/connection.ts';
import { openAuditBroker } from '../../lambda/io/audit-broker.ts';
import { KafkaTopic } from '../local/kafka/kafka-topic.ts';
import { type KafkaCluster, startKafkaCluster } from '../local/kafka-cluster/cluster.ts';
import type { Cell } from './cell.ts';
import type { ProducedRecord } from './judge.ts';
import { type NewRecord, newRecords } from './memory-scenario.ts';
import { createTopic, produce } from './new-topic.ts';
import { Random } from './random.ts';
import type { FilledTopic } from './scenario.ts';

const SESSION_TIMEOUT_MS = 6000;

const no = () => false;

/** A topic on a real cluster. */
export interface FilledKafkaTopic extends FilledTopic {
  /** Waits until all brokers run again, and disconnects. */
  close(): Promise<void>;
}

/** Clusters by size, each started on first use. */
export class Clusters {
  readonly #folder: string;
  readonly #running = new Map<1 | 3, Promise<KafkaCluster>>();

  /** @param folder the folder of their data */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The cluster with this number of brokers. */
  of(brokers: 1 | 3): Promise<KafkaCluster> {
    const folder = join(this.#folder, `kafka-${brokers}`);
    mkdirSync(folder, { recursive: true });
    const cluster = this.#running.get(brokers) ?? startKafkaCluster({ folder, brokers });
    this.#running.set(brokers, cluster);
    return cluster;
  }

  /** Stops them. */
  async close(): Promise<void> {
    for (const cluster of this.#running.values()) await (await cluster).stop();
  }
}

/** A topic on a real cluster with a cell's records, which the cell's topology disturbs. */
export async function kafkaTopic(
  name: string,
  { cell, seed, clusters }: { cell: Cell; seed: number; clusters: Clusters },
): Promise<FilledKafkaTopic> {
  const isReplicated = cell.topology === 'leader-change';
  const cluster = await clusters.of(isReplicated ? 3 : 1);
  const connection = { brokers: cluster.bootstrapServers.split(',') };
  const admin = keepAlive(new Admin(clientOptions(connection)));
  const records = newRecords(cell, new Random(seed));
  const partitions = 1 + Math.max(...records.map(({ partition }) => partition));
  await createTopic(admin, { topic: name, partitions, replicas: isReplicated ? 3 : 1 });
  const messages = records.map(({ timestamp, ...record }) => ({
    ...record,
    topic: name,
    timestamp: BigInt(timestamp),
  }));
  await produce(connection, messages);
  const source = new KafkaTopic({
    connection,
    topic: name,
    groupId: `group-${name}`,
    startingPosition: 'earliest',
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    observe: () => undefined,
  });
  const broker = openAuditBroker({ connection, topic: name, group: `group-${name}` });
  let disturbance = Promise.resolve();
  const disturb = async () => {
    if (cell.topology === 'broker-restart') {
      await cluster.killBroker(1);
      await cluster.startBroker(1);
    }
    if (cell.topology === 'leader-change') {
      const metadata = await admin.metadata({ topics: [name], forceUpdate: true });
      const leader = metadata.topics.get(name)?.partitions[0]?.leader ?? 1;
      await cluster.stopBroker(leader);
      await cluster.startBroker(leader);
    }
  };
  return {
    source,
    produced: withOffsets(records),
    broker: () => broker,
    everyMs: 150,
    // While a broker restarts, the lag cannot be read.
    isDone: () =>
      source
        .lag()
        .then(
          (lags) => lags.size === partitions && [...lags.values()].every((lag) => lag === 0),
          no,
        ),
    disturb: () => {
      disturbance = disturb();
      return disturbance;
    },
    close: async () => {
      await disturbance;
      await source.close();
      await broker.close();
      await admin.close();
    },
  };
}

function withOffsets(records: readonly NewRecord[]): ProducedRecord[] {
  const next = new Map<number, number>();
  return records.map((record) => {
    const offset = next.get(record.partition) ?? 0;
    next.set(record.partition, offset + 1);
    return { ...record, offset };
  });
}
