import { join } from 'node:path';
import { settingRanges } from '../../lambda/contract.ts';
import type { PeerSource } from './peer.ts';

const root = join(import.meta.dirname, '..', '..');

/** Seconds that the last batch of a whole topic waits to fill. */
const LAST_WINDOW = 2;

/**
 * This project: `npm run emulate`, as a user runs it, with the function's bundle as it is deployed. Settings are
 * the stack's defaults, in on-demand mode.
 */
export const archiver: PeerSource = {
  name: 'archiver',
  title: 'this archiver',
  install: async () => ({
    title: `this archiver, Node ${process.versions.node}`,
    format: 'record line',
    isFunction: (command) => command.includes('runtime-client.ts'),
    command: ({ brokers, bucket, folder, group, isWhole, s3, topic }) => {
      const { batchSize, batchWindow, timeoutSeconds } = settingRanges;
      const flags = {
        ...{ brokers, bucket, group, topics: topic, out: folder },
        's3-endpoint': s3.endpoint,
        'batch-size': batchSize.default,
        'batch-window': isWhole ? LAST_WINDOW : batchWindow.default,
        timeout: timeoutSeconds.default,
      };
      return {
        program: process.execPath,
        args: [
          join(root, 'bin', 'emulate.ts'),
          ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]),
        ],
        env: {
          AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
        },
      };
    },
  }),
};
