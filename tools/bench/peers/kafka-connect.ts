import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findJava, findMaven } from '../../local/kafka-cluster/java.ts';
import { provideBuild, runTool } from './install.ts';
import type { PeerSource, PeerTask } from './peer.ts';

const source = join(import.meta.dirname, 'kafka-connect');
/** Folders of the jars; each folder below `plugins` is one plugin. */
const folders = { worker: 'worker', sink: join('plugins', 'sink') } as const;
const poms = { worker: join(source, 'worker', 'pom.xml'), sink: join(source, 'sink', 'pom.xml') };
const kafkaCluster = join(import.meta.dirname, '..', '..', 'local', 'kafka-cluster');
const logging = join(kafkaCluster, 'log4j2.properties');

/** Records of an object. Camel copies their text for every record that it adds, so twice as many need four times as long. */
const OBJECT_RECORDS = 1000;
/** The longest that an object waits for them. */
const TIMEOUT_MS = 10_000;

/**
 * A standalone Kafka Connect worker with Camel's connector and S3 component as its sink. It stores values only, and
 * uncompressed, because the connector would compress each record on its own before it joins them as text.
 */
export const kafkaConnect: PeerSource = {
  name: 'kafka-connect',
  title: 'Kafka Connect with Camel’s S3 sink (Java)',
  install: async () => {
    const java = findJava(process.env).program;
    const folder = await provideBuild({
      name: 'kafka-connect',
      sources: Object.values(poms),
      make: async (staging) => {
        const maven = findMaven(process.env);
        for (const part of ['worker', 'sink'] as const) {
          const pom = poms[part];
          const output = `-DoutputDirectory=${join(staging, folders[part])}`;
          const goal = ['dependency:copy-dependencies', output];
          const options = ['--batch-mode', '--quiet', '--strict-checksums', '--file', pom];
          await runTool(maven, [...options, ...goal], source);
        }
      },
    });
    const versions = {
      connect: versionIn(poms.worker, 'connect-runtime'),
      camel: versionIn(poms.sink, 'camel-kafka-connector'),
    };
    return {
      title: `Kafka Connect ${versions.connect}, Camel's connector ${versions.camel}`,
      format: 'value',
      // It commits before it stores.
      settleMs: TIMEOUT_MS + 3000,
      command: (task) => ({
        program: java,
        args: [
          ...['-Xms256m', '-Xmx2g', `-Dlog4j2.configurationFile=${logging}`],
          ...['-cp', join(folder, folders.worker, '*')],
          'org.apache.kafka.connect.cli.ConnectStandalone',
          writeProperties(task, 'worker', workerProperties(task, join(folder, 'plugins'))),
          writeProperties(task, 'sink', sinkProperties(task)),
        ],
      }),
    };
  },
};

function versionIn(pom: string, artifact: string): string {
  const pattern = new RegExp(`<artifactId>${artifact}</artifactId>\\s*<version>([^<]+)<`);
  return pattern.exec(readFileSync(pom, 'utf8'))?.[1] ?? '';
}

function writeProperties(
  { folder }: PeerTask,
  name: string,
  properties: Readonly<Record<string, string | number>>,
): string {
  const file = join(folder, `${name}.properties`);
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(file, lines.join(''), { mode: 0o600 });
  return file;
}

function workerProperties({ brokers, folder }: PeerTask, plugins: string) {
  return {
    'bootstrap.servers': brokers,
    'plugin.path': plugins,
    // The sink has no plugin manifest.
    'plugin.discovery': 'only_scan',
    'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'offset.storage.file.filename': join(folder, 'offsets'),
    'offset.flush.interval.ms': 5000,
    listeners: 'http://127.0.0.1:0',
  };
}

function sinkProperties({ bucket, group, s3, topic }: PeerTask) {
  const { accessKeyId: accessKey, secretAccessKey: secretKey } = s3.credentials;
  const query = new URLSearchParams({
    ...{ accessKey, secretKey, region: 'us-east-1' },
    ...{ overrideEndpoint: 'true', uriEndpointOverride: s3.endpoint },
  });
  return {
    name: bucket,
    'connector.class': 'org.apache.camel.kafkaconnector.CamelSinkConnector',
    'tasks.max': 2,
    topics: topic,
    'consumer.override.group.id': group,
    'camel.sink.url': `aws2-s3://${bucket}?${query}&keyName=\${date:now:yyyyMMdd-HHmmssSSS}-\${exchangeId}`,
    'camel.beans.aggregate': '#class:org.apache.camel.kafkaconnector.aggregator.StringAggregator',
    'camel.aggregation.size': OBJECT_RECORDS,
    'camel.aggregation.timeout': TIMEOUT_MS,
  };
}
