import { join } from 'node:path';
import { providePythonPackage } from '../../local/real-servers/python-package.ts';
import type { Peer, PeerName, PeerSource } from './peer.ts';

/** The Kafka client, which includes librdkafka, and the AWS SDK. */
const CLIENT = 'confluent-kafka==2.16.1';
const SDK = 'boto3==1.44.8';

/**
 * The service that this archiver replaces: a Python process that polls, buffers and uploads in one loop. It
 * embeds values in its lines unparsed, which is the least work that it can do.
 */
export const oldService = serviceOf('old-service', 'the old service', []);

/** The same, but it parses the JSON of each value and serialises it again, as a first version would. */
export const oldServiceParsing = serviceOf('old-service-parsing', 'the old service, parsing', [
  '--parse-values',
]);

function serviceOf(name: PeerName, title: string, more: readonly string[]): PeerSource {
  return { name, title, install: () => installService(title, more) };
}

async function installService(title: string, more: readonly string[]): Promise<Peer> {
  const programs = await providePythonPackage(CLIENT, SDK);
  return {
    title: `${title} (${CLIENT.replace('==', ' ')}, ${SDK.replace('==', ' ')})`,
    format: 'record line',
    command: ({ brokers, bucket, folder, group, isWhole, s3, topic }) => {
      const flags = { brokers, bucket, folder, group, topic, endpoint: s3.endpoint };
      return {
        program: join(programs, 'python'),
        args: [
          join(import.meta.dirname, 'old-service', 'service.py'),
          ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]),
          ...(isWhole ? ['--until-end'] : []),
          ...more,
        ],
        env: {
          AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
        },
      };
    },
  };
}
