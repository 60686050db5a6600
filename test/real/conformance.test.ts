import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type KafkaCluster, startKafkaCluster } from '../../tools/local/kafka-cluster/cluster.ts';
import { conformanceCases } from '../conformance/event-source-mapping/cases/all.ts';
import { KafkaTarget } from '../conformance/event-source-mapping/kafka-target.ts';

let folder: string;
let cluster: KafkaCluster;
let target: KafkaTarget;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  cluster = await startKafkaCluster({ folder });
  target = new KafkaTarget(cluster.bootstrapServers);
});

afterAll(async () => {
  await target?.close();
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

// Side by side, as most of the time goes by in windows and pauses.
describe.concurrent('the event source mapping of the emulator on a Kafka cluster', () => {
  it.each(conformanceCases)('$id: $behaviour', (conformanceCase) => target.run(conformanceCase));
});
