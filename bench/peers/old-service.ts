import { join } from 'node:path';
import { providePythonPackage } from '../../test/helpers/python-package.ts';
import type { PeerSource } from './peer.ts';

/** The Kafka client, with librdkafka in it, and the AWS SDK. */
const CLIENT = 'confluent-kafka==2.16.1';
const SDK = 'boto3==1.44.8';

/** The service whose place the archiver takes: a Python process that polls, buffers and uploads in one loop. */
export const oldService: PeerSource = {
  name: 'old-service',
  title: 'the old service (Python)',
  install: async () => {
    const programs = await providePythonPackage(CLIENT, SDK);
    return {
      title: `the old service: ${CLIENT.replace('==', ' ')}, ${SDK.replace('==', ' ')}`,
      format: 'record line',
      command: ({ brokers, bucket, folder, group, isWhole, s3, topic }) => {
        const flags = { brokers, bucket, folder, group, topic, endpoint: s3.endpoint };
        return {
          program: join(programs, 'python'),
          args: [
            join(import.meta.dirname, 'old-service', 'service.py'),
            ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]),
            ...(isWhole ? ['--until-end'] : []),
          ],
          env: {
            AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
            AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
          },
        };
      },
    };
  },
};
