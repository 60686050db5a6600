import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { provideBuild, runTool } from './install.ts';
import type { PeerSource, PeerTask } from './peer.ts';

const source = join(import.meta.dirname, 'benthos');
const VERSION = '4.27.0';

/** Bytes of an object's lines before compression, as in the old service. */
const OBJECT_BYTES = 10_000_000;
/** The longest that an object waits for them. */
const PERIOD = '10s';
/** More than an object has records; the default of 1,024 a partition would stall it. */
const RECORDS_IN_FLIGHT = 200_000;

/** The common ancestor of Redpanda Connect and Bento: one Go program that reads Kafka and writes S3. */
export const benthos: PeerSource = {
  name: 'benthos',
  title: 'Benthos (Go)',
  install: async () => {
    const folder = await provideBuild({
      name: `benthos-${VERSION}`,
      sources: ['go.mod', 'go.sum', 'main.go'].map((file) => join(source, file)),
      make: (staging) =>
        runTool('go', ['build', '-ldflags=-s -w', '-o', join(staging, 'benthos'), '.'], source),
    });
    return {
      title: `Benthos ${VERSION}`,
      format: 'record line',
      command: (task) => {
        const file = join(task.folder, 'benthos.json');
        writeFileSync(file, JSON.stringify(configuration(task)));
        return { program: join(folder, 'benthos'), args: ['-c', file] };
      },
    };
  },
};

/**
 * The line has the fields of ours, except that Benthos does not keep the milliseconds of timestamps. Values are
 * embedded unparsed, which is the least work.
 */
const mapping = `let head = {
  "topic": @kafka_topic, "partition": @kafka_partition, "offset": @kafka_offset,
  "timestamp": @kafka_timestamp_unix, "key": @kafka_key,
  "headers": [
    {"name": "trace-id", "value": @."trace-id"},
    {"name": "content-type", "value": @."content-type"}
  ]
}
root = $head.format_json(no_indent: true).string().slice(0, -1) + ",\\"value\\":" + content().string() + "}"`;

/** Benthos reads YAML, and JSON is YAML. */
function configuration({ brokers, bucket, group, s3, topic }: PeerTask) {
  const { accessKeyId: id, secretAccessKey: secret } = s3.credentials;
  return {
    http: { enabled: false },
    logger: { level: 'WARN' },
    input: {
      kafka_franz: {
        seed_brokers: [brokers],
        topics: [topic],
        consumer_group: group,
        checkpoint_limit: RECORDS_IN_FLIGHT,
      },
    },
    pipeline: { processors: [{ mapping }] },
    output: {
      aws_s3: {
        ...{ bucket, endpoint: s3.endpoint, region: 'us-east-1', credentials: { id, secret } },
        force_path_style_urls: true,
        // Escaped, because Benthos interpolates it.
        path: `topic=${topic}/\${!timestamp_unix_nano()}-\${!uuid_v4()}.jsonl.gz`,
        content_type: 'application/gzip',
        batching: {
          ...{ byte_size: OBJECT_BYTES, period: PERIOD },
          processors: [
            { archive: { format: 'lines' } },
            { compress: { algorithm: 'gzip', level: 6 } },
          ],
        },
      },
    },
  };
}
